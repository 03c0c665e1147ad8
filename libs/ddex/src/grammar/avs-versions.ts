/** The allowed-value sets that each version's schema was published with, by `4.3`, …. Versions before 4.3 do not say which they use. */
export const avsVersions: Readonly<Partial<Record<string, number>>> = { '4.3': 3, '4.3.2': 9 };
