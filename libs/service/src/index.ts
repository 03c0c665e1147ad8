/** The main() of a service: configuration, telemetry, database, events, gRPC, health, graceful stop. */
export { runService, type ServiceDefinition } from './run-service';
export { fromVariable, readConfig, ConfigError, type BaseConfig } from './config';
export { CONFIG, clientOf, STOPPING } from './tokens';
export { Handles, handlerOptionsOf, type BatchHandler, type EventHandler, type HandlerOptions } from './handles';
export { startTelemetry } from './telemetry';
export { natsOptions } from './nats-options';
