/** Failures of one account from one network that cost nothing. */
export const freeFailures = 5;
/** Longest pause of a network; seconds. Twice that long without a failure, and it is forgotten. */
export const longestPause = 900;
/** Failures of one account from all networks together that slow nobody down. */
const freeTogether = 20;
/** Longest that an attempt from a network that the owner never used is held back; milliseconds. */
const longestSlowdown = 3_000;

/** Seconds that a network must pause after so many failures of one account: 1 after the fifth, then twice as long each time. */
export const pauseAfter = (failures: number): number =>
  failures < freeFailures ? 0 : Math.min(2 ** (failures - freeFailures), longestPause);

/** Milliseconds that an attempt from an unknown network waits when the account had so many failures from everywhere. */
export const slowdownAfter = (failures: number): number =>
  failures <= freeTogether ? 0 : Math.min(250 * 2 ** Math.floor((failures - freeTogether) / 10), longestSlowdown);
