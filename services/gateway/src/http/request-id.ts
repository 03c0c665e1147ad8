import { randomUUID } from 'node:crypto';

const sane = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/** The request's id: the one that came, when it is a token of at most 128 characters, else a new one. */
export const requestIdOf = (header: string | string[] | undefined): string =>
  typeof header === 'string' && sane.test(header) ? header : randomUUID();
