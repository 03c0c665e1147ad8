import type { DspTarget } from '@tonegrid/ddex';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';

/** A DSP as messages are judged for it: by what the registry says that it asks. */
export const targetOf = (registry: DspRegistry, dsp: Dsp): DspTarget => ({ name: dsp.name, rules: registry.acceptanceRules(dsp) ?? {} });
