/** The stages of a release at one DSP that are told as events. */
export const dspStages = [
  'submitted',
  'accepted',
  'rejected',
  'live',
  'failed',
  'update_submitted',
  'updated',
  'takedown_submitted',
  'taken_down',
] as const;

export type DspStage = (typeof dspStages)[number];

/** The event type of a stage at a DSP, with its canonical slug: `release.dsp.applemusic.live`. */
export const dspEventType = (dsp: { slug: string }, stage: DspStage): string => `release.dsp.${dsp.slug}.${stage}`;

/** Every event type of a DSP, in the order of its life. */
export const dspEventTypes = (dsp: { slug: string }): string[] => dspStages.map((stage) => dspEventType(dsp, stage));
