/** A text without blanks around it; null when nothing is left. */
export const textOrNull = (text: string | undefined): string | null => text?.trim() || null;
