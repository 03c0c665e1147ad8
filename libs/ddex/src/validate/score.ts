import type { Finding, Report } from './report';

/** One reason why a score is below 100. */
export interface ScoreLoss {
  /** Code of the findings. */
  code: string;
  /** What they cost together. */
  points: number;
  /** How many there are. */
  count: number;
  /** Of the first of them. */
  message: string;
  hint?: string;
}

/** How likely a DSP is to take a release as it is. */
export interface AcceptanceScore {
  /** 0 to 100. */
  score: number;
  /** Dearest first. */
  lowered_by: ScoreLoss[];
}

interface Price {
  first: number;
  further: number;
  most: number;
}

/** An error makes the message invalid, and no DSP takes an invalid message. */
const invalid: Price = { first: 100, further: 0, most: 100 };
const prices = {
  refused: { first: 30, further: 5, most: 50 },
  asked: { first: 8, further: 1, most: 12 },
  odd: { first: 3, further: 1, most: 5 },
} as const satisfies Record<string, Price>;

const priceOf = (finding: Finding): Price =>
  finding.severity === 'error' ? invalid : finding.stage === 'dsp' ? prices[finding.weight ?? 'asked'] : prices.odd;

/**
 * The acceptance score of a report: 100 less what its findings cost, never below 0. Any error costs all of it. What a DSP refuses
 * (`weight` refused) costs 30 for the first finding of a code and 5 for each further, at most 50; what it asks for 8 and 1, at
 * most 12; another warning 3 and 1, at most 5. Costs are by code, so that one mistake on twenty tracks is one mistake.
 * Of more findings than a report lists, the listed ones count.
 */
export function acceptanceScore(report: Report): AcceptanceScore {
  const losses = new Map<string, ScoreLoss>();
  for (const finding of report.errors) {
    const price = priceOf(finding);
    const loss = losses.get(finding.code);
    if (loss) {
      loss.count++;
      loss.points = Math.min(price.most, loss.points + price.further);
    } else {
      const { code, message, hint } = finding;
      losses.set(code, { code, points: price.first, count: 1, message, ...(hint ? { hint } : {}) });
    }
  }
  const lowered_by = [...losses.values()].sort((a, b) => b.points - a.points);
  return { score: Math.max(0, 100 - lowered_by.reduce((sum, { points }) => sum + points, 0)), lowered_by };
}
