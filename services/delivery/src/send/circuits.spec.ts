import { Circuits } from './circuits';

describe('a DSP that is away', () => {
  let now = 0;
  const circuits = () => new Circuits(1000, () => now);
  beforeEach(() => void (now = 0));

  it('rests after three failures in a row, then one message finds out', () => {
    const c = circuits();
    c.failed('tidal');
    c.failed('tidal');
    expect(c.resting()).toEqual([]);
    c.failed('tidal');
    expect(c.resting()).toEqual(['tidal']);
    now = 1001;
    expect(c.resting()).toEqual([]);
    c.begun('tidal');
    expect(c.resting()).toEqual(['tidal']);
    c.succeeded('tidal');
    expect(c.resting()).toEqual([]);
  });

  it('rests twice as long with each further failure', () => {
    const c = circuits();
    for (let i = 0; i < 4; i += 1) c.failed('tidal');
    now = 1999;
    expect(c.resting()).toEqual(['tidal']);
    now = 2001;
    expect(c.resting()).toEqual([]);
  });

  it('is found out about again when the probe told nothing', () => {
    const c = circuits();
    for (let i = 0; i < 3; i += 1) c.failed('tidal');
    now = 1001;
    c.begun('tidal');
    c.untold('tidal');
    expect(c.resting()).toEqual([]);
  });

  it('leaves the others alone', () => {
    const c = circuits();
    for (let i = 0; i < 5; i += 1) c.failed('tidal');
    c.begun('spotify');
    expect(c.resting()).toEqual(['tidal']);
  });
});
