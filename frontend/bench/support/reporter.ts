/** Prints the figures of all benchmarks as Markdown, with the machine that they came from. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter'
import { FIGURES, isQuick, type Figures } from './figures.ts'

export default class FigureReporter implements Reporter {
  private readonly figures: Figures[] = []
  private readonly failures: string[] = []
  private readonly loadBefore = loadavg()[0] ?? NaN
  private browser = 'Chromium'

  onTestBegin(test: TestCase): void {
    process.stderr.write(`${test.title} ...\n`)
  }

  onTestEnd(test: TestCase, { status, errors, attachments }: TestResult): void {
    if (status !== 'passed') this.failures.push(`${test.title}: ${errors.map(({ stack, message }) => stack ?? message ?? '').join('\n')}`)
    for (const { name, body } of attachments) {
      if (name === FIGURES && body !== undefined) this.figures.push(JSON.parse(body.toString()) as Figures)
      if (name === 'browser' && body !== undefined) this.browser = body.toString()
    }
  }

  onError({ stack, message }: { stack?: string; message?: string }): void {
    this.failures.push(stack ?? message ?? 'unknown')
  }

  onEnd({ duration }: FullResult): void {
    const tables = this.figures.map(tableOf)
    const quick = isQuick ? '\n\n**Quick run: it shows that the benchmark works; its figures mean little.**' : ''
    process.stdout.write(`${[`${this.machine()}${quick}`, ...tables].join('\n\n')}\n`)
    process.stderr.write(`\n${(duration / 1000).toFixed(0)} s\n`)
    for (const failure of this.failures) process.stderr.write(`\nFAILED ${failure}\n`)
  }

  private machine(): string {
    const [first] = cpus()
    const memory = Math.round(totalmem() / 2 ** 30)
    return (
      `${String(cpus().length)} cores (${first?.model.trim() ?? 'unknown'}), ${String(memory)} GiB, ${this.browser} without a screen and without a ` +
      `graphics card, Linux ${release().split('-')[0] ?? ''}, ${new Date().toISOString().slice(0, 10)}, load before: ${this.loadBefore.toFixed(1)}`
    )
  }
}

function tableOf({ title, head, rows }: Figures): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [`**${title}**`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
