export { openStorage } from './open-storage';
export { checkKey, ObjectMissing, partSize, RangeOutside, type ByteRange, type Storage, type StoredObject, type Written } from './storage';
