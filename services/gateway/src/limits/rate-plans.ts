import { RateClass } from '@tonegrid/contracts';
import { z } from 'zod';

/** Requests a minute by class; 0 does not count the class. */
export type Limits = Readonly<Partial<Record<RateClass, number>>>;

const perMinute = z.number().int().min(0).max(1_000_000).optional();
const plan = z.strictObject({ general: perMinute, audio: perMinute, distribution: perMinute, analytics: perMinute });

/** The text of RATE_PLANS: `{"enterprise": {"general": 1200, "audio": 100}}`. What a plan does not name stays as it is for everybody. */
export const ratePlansShape = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      context.addIssue({ code: 'custom', message: `must be JSON: ${(error as Error).message}` });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string().regex(/^[a-z0-9_-]{1,64}$/, 'names of plans are lower-case letters, digits, - and _'), plan));

/** Limits of tenants by the name of their plan. */
export class RatePlans {
  private readonly plans = new Map<string, Limits>();

  /** @param standard for whoever has no plan, or one that is not known here */
  constructor(
    private readonly standard: Limits,
    plans: z.infer<typeof ratePlansShape> = {},
  ) {
    for (const [name, { general, audio, distribution, analytics }] of Object.entries(plans)) {
      const own = {
        [RateClass.GENERAL]: general,
        [RateClass.AUDIO]: audio,
        [RateClass.DISTRIBUTION]: distribution,
        [RateClass.ANALYTICS]: analytics,
      };
      this.plans.set(name, { ...standard, ...Object.fromEntries(Object.entries(own).filter(([, limit]) => limit !== undefined)) });
    }
  }

  /** Requests a minute in a class; 0 when it is not counted. */
  limitOf(rate: RateClass, plan: string | undefined): number {
    return ((plan !== undefined && this.plans.get(plan)) || this.standard)[rate] ?? 0;
  }
}
