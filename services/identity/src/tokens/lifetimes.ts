/** Life of an access token (reference, Authentication: `expires_in` 3600); seconds. */
export const accessSeconds = 3600;
/** Life of a refresh token that is not used; days. */
export const refreshDays = 30;
