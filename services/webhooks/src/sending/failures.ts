/** Why an answer is not a success. */
export const statusSentence = (code: number): string =>
  code >= 300 && code < 400 ? `Answered with status ${code}: redirects are not followed.` : `Answered with status ${code}.`;
