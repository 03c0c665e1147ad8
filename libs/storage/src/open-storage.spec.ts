import { openStorage } from './index';

describe('STORAGE_URL', () => {
  it.each([
    ['/just/a/path', 'STORAGE_URL must be file:///folder or s3://'],
    ['ftp://host/x', 'STORAGE_URL: "ftp://" is not'],
    ['file://host/x', 'three slashes'],
    ['s3://Bad_Bucket/x?region=r', 'STORAGE_URL'],
    ['s3://bucket/x', 'region is required'],
    ['s3://bucket/x?region=r&reigon=q', 'unknown option "reigon"'],
    ['s3://bucket/x?region=r&endpoint=nowhere', 'endpoint "nowhere" is not an http(s) address'],
    ['s3://bucket/x?region=r&path_style=yes', 'path_style must be true or false'],
    ['s3://key:secret@bucket/x?region=r', 'must not hold credentials'],
    ['s3://bucket/a%20b?region=r', 'cannot be a prefix'],
  ])('%s is refused: %s', (url, message) => {
    expect(() => openStorage(url, {})).toThrow(message);
  });

  it('does not let half of the credentials pass', () => {
    expect(() => openStorage('s3://bucket?region=r', { AWS_ACCESS_KEY_ID: 'a' })).toThrow('must be set together');
  });

  it('takes region from the environment', () => {
    expect(openStorage('s3://bucket/a/b/', { AWS_REGION: 'eu-west-1' }).url('k')).toBe('s3://bucket/a/b/k');
  });
});
