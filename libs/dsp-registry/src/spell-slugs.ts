/**
 * The canonical spelling of a DSP's slug: `apple_music`, `apple-music`, `Apple Music` and `applemusic` are all `applemusic`.
 * Only the separators are dropped: a text with any other character names no DSP and comes back as it is, in lower case.
 */
export const canonicalSlug = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, '');

/** `youtube_music`, as the /distribution section spells it. */
export const underscoreSlug = (dsp: { slug_parts: readonly string[] }): string => dsp.slug_parts.join('_');

/** `youtube-music`, as the /ddex section spells it. */
export const hyphenSlug = (dsp: { slug_parts: readonly string[] }): string => dsp.slug_parts.join('-');
