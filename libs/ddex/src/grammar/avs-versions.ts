import type { ErnVersion } from './versions';

/** The allowed-value sets that each version's schema was published with. Versions before 4.3 do not say which they use. */
export const avsVersions: Readonly<Partial<Record<ErnVersion, number>>> = { '4.3': 3, '4.3.2': 9 };
