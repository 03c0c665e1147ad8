/**
 * When to try again after an attempt has failed, in milliseconds; null when the delivery has failed for good.
 * @param attempts how many have been made, from 1
 * @param delays waits after the first, second, … attempt
 * @param random from 0 to 1: spreads messages that failed together by a fifth either way
 * @param asked what the DSP asked for; honoured up to a day
 */
export function retryIn(attempts: number, delays: readonly number[], random: number, asked = 0): number | null {
  const delay = delays[attempts - 1];
  if (delay === undefined) return null;
  return Math.max(Math.round(delay * (0.8 + 0.4 * random)), Math.min(asked, 86_400_000));
}
