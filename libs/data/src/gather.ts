import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Makes one question of many: who asks while a question is on its way waits for the next, which asks for all of them at once. Under load a
 * question is shared by many, and alone one is asked at once.
 */
export class Gather<K, V> {
  private waiting: { key: K; resolve(value: V): void; reject(error: unknown): void }[] = [];
  private asking = false;

  /**
   * @param ask answers in the order of the keys
   * @param most keys in one question
   */
  constructor(
    private readonly ask: (keys: K[]) => Promise<V[]>,
    private readonly most = 500,
  ) {}

  /** The answer for one key. Rejects when the question fails that it was part of. */
  get(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (!this.asking) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.asking = true;
    // What arrived in the same packet comes along.
    await nextTurn();
    while (this.waiting.length > 0) {
      const some = this.waiting.splice(0, this.most);
      try {
        const answers = await this.ask(some.map(({ key }) => key));
        some.forEach(({ resolve }, n) => resolve(answers[n]!));
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
    this.asking = false;
  }
}
