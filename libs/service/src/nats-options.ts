import { readFileSync } from 'node:fs';
import { credsAuthenticator, type ConnectionOptions } from 'nats';

/** How NATS is reached, from the variables NATS_URL (one or several, separated by commas) and NATS_CREDENTIALS_FILE. */
export const natsOptions = ({
  NATS_URL,
  NATS_CREDENTIALS_FILE,
}: {
  NATS_URL: string;
  NATS_CREDENTIALS_FILE?: string;
}): ConnectionOptions => ({
  servers: NATS_URL.split(','),
  ...(NATS_CREDENTIALS_FILE && { authenticator: credsAuthenticator(readFileSync(NATS_CREDENTIALS_FILE)) }),
});
