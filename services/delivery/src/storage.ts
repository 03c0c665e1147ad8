/** Injects the object storage that audio and artwork are read from. */
export const STORAGE = Symbol('delivery.storage');
