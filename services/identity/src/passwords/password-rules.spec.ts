import { passwordProblem } from './password-rules';

const context = ['ada.lovelace@lagos-nights.example', 'Lagos Nights Records'];
const problem = (password: string) => passwordProblem(password, context);

describe('the rules of passwords', () => {
  it('counts characters, not bytes, and asks for no kinds of them', () => {
    expect(problem('elevenchars')).toBe('The password must be at least 12 characters.');
    expect(problem('🎺🥁🎻🎷🪕🎸🪘🎹🪗🪈🎤')).toBe('The password must be at least 12 characters.');
    expect(problem('🎺🥁🎻🎷🪕🎸🪘🎹🪗🪈🎤🎧')).toBeUndefined();
    expect(problem('correct horse battery staple')).toBeUndefined();
    expect(problem('zqvw kfpx mhtd')).toBeUndefined();
    expect(problem('Aq7 '.repeat(40))).toBe('The password may not be greater than 128 characters.');
  });

  it.each(['qwertyuiop123', 'Password2024!!', 'P@ssw0rd2024', '!!iloveyou!!2023', '1q2w3e4r5t6y'])(
    'refuses %p, known from breaches',
    (password) => {
      expect(problem(password)).toBe('The password is known from data breaches: choose another.');
    },
  );

  it.each(['passwordpassword', 'abcabcabcabcabc', 'aaaaaaaaaaaaa', '121212121212'])('refuses the repetition %p', (password) => {
    expect(problem(password)).toBe('The password must not be a repetition.');
  });

  it.each(['ada.lovelace2024', 'LagosNights!2025', 'lagos-nights-records'])('refuses %p, made of the words of its place', (password) => {
    expect(problem(password)).toBe('The password must not be made of your email address or the name of your tenant.');
  });

  it('lets a word of the place stand in a longer phrase', () => {
    expect(problem('lagos trumpet umbrella seven')).toBeUndefined();
  });
});
