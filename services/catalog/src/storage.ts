/** Injects the object storage. */
export const STORAGE = Symbol('catalog.storage');
