import { pageSize } from './page-request';

describe('page sizes', () => {
  it('are the usual when nothing is asked, and clamped above the cap', () => {
    expect(pageSize({})).toEqual({ page: 1, perPage: 50 });
    expect(pageSize({}, { usual: 20 })).toEqual({ page: 1, perPage: 20 });
    expect(pageSize({ page: 7, perPage: 100 })).toEqual({ page: 7, perPage: 100 });
    expect(pageSize({ perPage: 101 })).toEqual({ page: 1, perPage: 100 });
    expect(pageSize({ perPage: 501 }, { most: 500 })).toEqual({ page: 1, perPage: 500 });
  });

  it('may be asked as limit up to 200, where per_page does not say otherwise', () => {
    expect(pageSize({ limit: 200 }).perPage).toBe(200);
    expect(pageSize({ limit: 201 }).perPage).toBe(200);
    expect(pageSize({ limit: 900 }, { most: 500 }).perPage).toBe(500);
    expect(pageSize({ limit: 10, perPage: 30 }).perPage).toBe(30);
  });

  it('below 1 are a 422 on each such field', () => {
    expect(() => pageSize({ page: 0, perPage: -1, limit: Number.NaN })).toThrow(
      expect.objectContaining({
        code: 'validation.failed',
        status: 422,
        fields: {
          page: ['The page must be at least 1.'],
          per_page: ['The per_page must be at least 1.'],
          limit: ['The limit must be at least 1.'],
        },
      }),
    );
  });
});
