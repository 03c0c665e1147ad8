import { statusSentence } from './failures';

test('the status is told, and that a redirect leads nowhere', () => {
  expect([statusSentence(404), statusSentence(308)]).toEqual([
    'Answered with status 404.',
    'Answered with status 308: redirects are not followed.',
  ]);
});
