/** Collects all that a browser complains about. A test that provokes a complaint names it; any other one fails the test. */
import type { BrowserContext, ConsoleMessage, Page } from '@playwright/test'

export class ConsoleWatch {
  private readonly complaints: string[] = []
  private readonly awaited: RegExp[] = []

  constructor(context: BrowserContext) {
    context.on('console', (message) => this.hear(message))
    context.on('weberror', (error) => this.complaints.push(`uncaught: ${error.error().stack ?? error.error().message}`))
    context.on('page', (page) => this.watch(page))
  }

  /** The test provokes this: the browser itself reports each refused request and each lost connection. */
  allow(...patterns: readonly RegExp[]): void {
    this.awaited.push(...patterns)
  }

  unexpected(): readonly string[] {
    return this.complaints.filter((complaint) => !this.awaited.some((pattern) => pattern.test(complaint)))
  }

  private watch(page: Page): void {
    page.on('crash', () => this.complaints.push(`crashed: ${page.url()}`))
  }

  private hear(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    this.complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`)
  }
}

/** Written by the browser while the server is away. */
export const serverAway = [/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/, /ERR_SOCKET_NOT_CONNECTED/, /WebSocket connection to/, /status of 503/] as const
