/** The LIKE pattern of texts that contain this one as it is. */
export const contains = (text: string): string => `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`;
