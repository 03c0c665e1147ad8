import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';

/** The DSPs that slugs in any spelling mean, each once and in the order given; the single word `all` means every active one. */
export function chooseDsps(registry: DspRegistry, slugs: readonly string[]): { dsps: Dsp[]; unknown: string[] } {
  if (slugs.length === 1 && slugs[0]!.trim().toLowerCase() === 'all') return { dsps: [...registry.all], unknown: [] };
  const dsps = new Map<string, Dsp>();
  const unknown: string[] = [];
  for (const slug of slugs) {
    const dsp = registry.get(slug.trim());
    if (dsp) dsps.set(dsp.slug, dsp);
    else unknown.push(slug);
  }
  return { dsps: [...dsps.values()], unknown };
}
