/** The methods that each path takes. */
export class AllowedMethods {
  readonly #paths = new Map<string, { form: RegExp; methods: Set<string> }>();

  add(url: string, methods: readonly string[]): void {
    const form = new RegExp(
      `^${url
        .replaceAll('.', '\\.')
        .replaceAll('*', '.*')
        .replaceAll(/:[a-z]+/g, '[^/]+')}$`,
    );
    const path = this.#paths.get(url) ?? { form, methods: new Set() };
    for (const method of methods) path.methods.add(method);
    this.#paths.set(url, path);
  }

  /** undefined where there is no such path. */
  of(url: string): string | undefined {
    const pathname = /^(?:[a-z]+:\/\/[^/?#]*)?([^?#]*)/i.exec(url)?.[1] ?? '';
    for (const { form, methods } of this.#paths.values()) {
      if (form.test(pathname)) return [...methods].sort().join(', ');
    }
    return undefined;
  }
}
