interface Circuit {
  failures: number;
  openUntil: number;
  /** One message is finding out whether the DSP is back. */
  probing: boolean;
}

/** Failures in a row after which a DSP rests. */
const tolerated = 3;

/**
 * Lets a DSP that is away rest, so that its messages do not take the places of others: after three failures in a row nothing is
 * sent to it for a while, then one message finds out, and each further failure doubles the rest up to 32 times.
 */
export class Circuits {
  private readonly circuits = new Map<string, Circuit>();

  /** @param restMs the first rest */
  constructor(
    private readonly restMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** DSPs that nothing may be sent to now. */
  resting(): string[] {
    return [...this.circuits].flatMap(([dsp, { openUntil, probing }]) => (probing || openUntil > this.now() ? [dsp] : []));
  }

  /** A message is about to be sent. */
  begun(dsp: string): void {
    const circuit = this.circuits.get(dsp);
    if (circuit && circuit.failures >= tolerated) circuit.probing = true;
  }

  succeeded(dsp: string): void {
    this.circuits.delete(dsp);
  }

  /** The DSP could not be reached. */
  failed(dsp: string): void {
    const failures = (this.circuits.get(dsp)?.failures ?? 0) + 1;
    const rest = failures < tolerated ? 0 : this.restMs * 2 ** Math.min(failures - tolerated, 5);
    this.circuits.set(dsp, { failures, openUntil: this.now() + rest, probing: false });
  }

  /** The attempt ended without telling anything about the DSP. */
  untold(dsp: string): void {
    const circuit = this.circuits.get(dsp);
    if (circuit) circuit.probing = false;
  }
}
