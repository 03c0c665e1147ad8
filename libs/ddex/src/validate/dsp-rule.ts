import type { Breach } from './profile-rule';
import type { MessageFacts } from './message-facts';

/** Words of image formats, as in DDEX's ImageCodecType. */
export type ImageFormat = 'JPEG' | 'PNG' | 'TIFF' | 'GIF';

/** What one DSP publicly asks of a delivery, beyond the standard: data of the DSP registry. What is left out is not asked. */
export interface DspRules {
  artwork?: {
    /** Fewest pixels of each side: smaller covers are refused. */
    min_px?: number;
    /** Fewest pixels that are asked for: smaller ones are taken, and look poor. */
    asked_px?: number;
    /** Most pixels of each side. */
    max_px?: number;
    square?: boolean;
    formats?: ImageFormat[];
  };
  titles?: {
    /** `mixed`: neither all capitals nor all small letters. */
    casing?: 'mixed';
    /** Languages (BCP-47, primary part) that `casing` is about; every language in letters with case when left out. */
    casing_languages?: string[];
    /** False: featured artists are credited, never written into a title. */
    featured_artists?: boolean;
    /** Words and phrases of marketing that no title may have. Compared as whole words, without regard to case. */
    marketing_words?: string[];
    /** Phrases that say nothing, such as those of the standard version, or what the explicit flag says. */
    needless_words?: string[];
  };
  explicit?: {
    /** Each track must say whether it is explicit. */
    required?: boolean;
    /** Values of ParentalWarningType that are understood. */
    accepted?: string[];
  };
  roles?: {
    /** Each group must be among a track's contributors by at least one of its names. */
    wanted?: string[][];
    /** False: user-defined roles are not shown. */
    user_defined?: boolean;
    /** Other names that are not shown. */
    ignored?: string[];
  };
  audio?: { min_sample_rate?: number; min_bit_depth?: number };
  artists?: {
    /** Names that stand for no artist. Compared whole, without regard to case. */
    refused_names?: string[];
  };
}

/** The DSP that a message is judged for. */
export interface DspTarget {
  name: string;
  rules: DspRules;
}

/**
 * A rule that a DSP's data switches on. `refused` rules are what the DSP turns a delivery down for, `asked` ones what it asks
 * for. `given`, `passes` and `fails` are the rule's own example: its data, and bodies of an ERN 4 message.
 */
export interface DspRule {
  code: string;
  /** Which of the DSP's data it comes of: `artwork.min_px`. */
  clause: string;
  weight: 'refused' | 'asked';
  hint: string;
  check(facts: MessageFacts, rules: DspRules, dsp: string): Breach[];
  given: DspRules;
  passes: string;
  fails: string;
}
