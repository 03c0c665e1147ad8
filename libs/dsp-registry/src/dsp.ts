import { z } from 'zod';

// One row of dsps.yaml. The words are those of the file and of the API; comments in the file say what each one means.

export const deliveryMethods = ['ddex_sftp_direct', 'ddex_rest_direct', 'partner_routed'] as const;
export const ernVersions = ['3.8.2', '4.2', '4.3', '4.3.2'] as const;

const secretName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'is not the name of an environment variable');
const slug = z.string().regex(/^[a-z0-9]{1,40}$/, 'must be lower-case letters and digits only');
const folder = z
  .string()
  .regex(/^\/[A-Za-z0-9_./-]*$/, 'must be an absolute folder')
  .refine((path) => !path.split('/').includes('..'), 'must not climb up');
const idTemplate = z.string().refine((text) => text.includes('{id}'), 'must contain {id}');

const sftpSchema = z.strictObject({
  host: z.string().min(1),
  port: z.union([z.string().min(1), z.number().int()]),
  username: z.string().min(1),
  password_env: secretName.optional(),
  private_key_env: secretName.optional(),
  host_key_env: secretName.optional(),
  upload_folder: folder,
});

const restSchema = z.strictObject({ url: z.string().min(1), token_env: secretName });

const acknowledgementSchema = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('folder'), folder, key_env: secretName }),
  z.strictObject({ by: z.literal('callback'), key_env: secretName }),
]);

const pixels = z.number().int().min(1).max(100_000);
const words = z.array(z.string().trim().min(1).max(80)).min(1);
const roleName = z.string().regex(/^[A-Z][A-Za-z/]*$/, 'is not the name of a DDEX role');

/** What a DSP publicly asks of a delivery: data for the rules of libs/ddex, which says what each means. */
export const acceptanceSchema = z.strictObject({
  /** Where it is published, or whose own rule it is. */
  source: z.array(z.string().min(1)).min(1),
  /** Another set, whose rules hold where this one says nothing else. */
  like: z.string().optional(),
  artwork: z
    .strictObject({
      min_px: pixels.optional(),
      asked_px: pixels.optional(),
      max_px: pixels.optional(),
      square: z.boolean().optional(),
      formats: z
        .array(z.enum(['JPEG', 'PNG', 'TIFF', 'GIF']))
        .min(1)
        .optional(),
    })
    .optional(),
  titles: z
    .strictObject({
      casing: z.literal('mixed').optional(),
      casing_languages: z
        .array(z.string().regex(/^[a-z]{2,3}$/, 'is not the primary part of a language tag'))
        .min(1)
        .optional(),
      featured_artists: z.boolean().optional(),
      marketing_words: words.optional(),
      needless_words: words.optional(),
    })
    .optional(),
  explicit: z
    .strictObject({
      required: z.boolean().optional(),
      accepted: z
        .array(z.enum(['Explicit', 'ExplicitContentEdited', 'NotExplicit', 'NoAdviceAvailable', 'Unknown']))
        .min(1)
        .optional(),
    })
    .optional(),
  roles: z
    .strictObject({
      wanted: z.array(z.array(roleName).min(1)).min(1).optional(),
      user_defined: z.boolean().optional(),
      ignored: z.array(roleName).min(1).optional(),
    })
    .optional(),
  audio: z
    .strictObject({
      min_sample_rate: z.number().int().min(8_000).max(768_000).optional(),
      min_bit_depth: z.number().int().min(8).max(64).optional(),
    })
    .optional(),
  artists: z.strictObject({ refused_names: words.optional() }).optional(),
});

export const acceptanceSetsSchema = z.record(z.string(), acceptanceSchema);

export const partnerSchema = z.strictObject({ slug, name: z.string().min(1), sftp: sftpSchema.optional(), rest: restSchema.optional() });

export const dspSchema = z.strictObject({
  id: z.number().int().positive(),
  slug,
  slug_parts: z.array(slug).min(1),
  name: z.string().min(1).max(120),
  active: z.boolean().default(true),
  dpid: z.string().nullable(),
  sandbox_dpid: z.string(),
  ern_version: z.enum(ernVersions).default('4.3'),
  avs_version: z.number().int().positive(),
  delivery_method: z.enum(deliveryMethods),
  distribution_method: z.enum(['ddex_ern', 'direct_api']),
  ingestion_protocol: z.enum(['sftp', 'https']),
  certification_level: z.string().min(1).nullable(),
  supports_atmos: z.boolean(),
  supports_video: z.boolean(),
  animated_artwork: z.array(z.enum(['square_motion', 'tall_motion', 'canvas_loop'])).default([]),
  territory_set: z.string(),
  avg_delivery_days: z.number().int().nonnegative().nullable(),
  takedown_strategy: z.enum(['end_deals', 'no_deals', 'purge']),
  accepts_purge: z.boolean(),
  choreography: z.enum(['release_by_release', 'batch']),
  priority: z.enum(['P', 'N', 'L']),
  sftp: sftpSchema.optional(),
  rest: restSchema.optional(),
  partner: slug.optional(),
  acknowledgement: acknowledgementSchema,
  live_url: idTemplate.optional(),
  dsp_release_id: idTemplate.optional(),
  acceptance: z.string().nullable().default(null),
});

export const territorySetsSchema = z.record(z.string(), z.union([z.literal('worldwide'), z.array(z.string()).min(1)]));

export type AcceptanceSet = z.infer<typeof acceptanceSchema>;
/** A DSP's rules, complete: nothing is looked up elsewhere. */
export type AcceptanceRules = Omit<AcceptanceSet, 'like'>;
export type DspRow = z.infer<typeof dspSchema>;
export type PartnerRow = z.infer<typeof partnerSchema>;
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;
export type ErnVersion = (typeof ernVersions)[number];
export type DeliveryMethod = (typeof deliveryMethods)[number];

/** Where messages are put over SFTP, its variables filled in. The `…_env` members name secrets: see `DspRegistry.credentials`. */
export interface SftpEndpoint {
  kind: 'sftp';
  host: string;
  port: number;
  username: string;
  password_env?: string;
  private_key_env?: string;
  host_key_env?: string;
  upload_folder: string;
}

/** Where messages are posted over HTTP, its variables filled in. */
export interface RestEndpoint {
  kind: 'rest';
  url: string;
  token_env: string;
}

/** A DSP, checked. `endpoint` is null only in production when the service did not ask to deliver and the address is not set. */
export type Dsp = Readonly<Omit<DspRow, 'sftp' | 'rest' | 'partner' | 'live_url' | 'dsp_release_id'>> & {
  readonly endpoint: SftpEndpoint | RestEndpoint | null;
  /** The partner that carries deliveries, for a partner-routed DSP. */
  readonly partner: { slug: string; name: string } | null;
  readonly live_url: string | null;
  readonly dsp_release_id: string | null;
};
