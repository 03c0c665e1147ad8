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
});

export const territorySetsSchema = z.record(z.string(), z.union([z.literal('worldwide'), z.array(z.string()).min(1)]));

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
