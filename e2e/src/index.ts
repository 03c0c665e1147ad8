/** The whole platform as processes, and the trip of a release through it: for end-to-end suites and benches. */
export { serviceNames, startPlatform, type Platform, type PlatformOptions, type ServiceName } from './platform';
export { Api, type Answer } from './api';
export { startReceiver, type Receiver, type Receipt } from './receiver';
export { draft, takeTrip, type TripOptions } from './trip';
export { tenancyFaults } from './tenancy';
