/** A recorded run on the page. The player itself is fetched when somebody turns to it. */
import type { Player } from './recording.player.ts';

const INTEREST = ['pointerover', 'focusin', 'toggle', 'change'];

/** `<run-recording>`: see Recording.astro. */
export class RunRecording extends HTMLElement {
  #player: Promise<Player> | undefined;

  connectedCallback(): void {
    for (const type of INTEREST)
      this.addEventListener(type, () => void this.player(), { capture: true, once: true });
    this.querySelector('.play')?.addEventListener('click', async () => (await this.player()).toggle());
    // The language that the reader chose on an earlier page; the build drew the first.
    const [drawn, ...others] = this.querySelectorAll<HTMLInputElement>('.langs input');
    const { solo } = document.documentElement.dataset;
    const chosen = others.find(({ value }) => value === solo);
    if (!drawn || !chosen) return;
    chosen.checked = true;
    void this.player();
  }

  /** The player, ready to play. */
  player(): Promise<Player> {
    this.#player ??= import('./recording.player.ts').then(({ Player: Made }) => Made.of(this));
    return this.#player;
  }
}

customElements.define('run-recording', RunRecording);
