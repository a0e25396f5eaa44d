/** The real service as a child process: `sovd serve` with its own database, Valkey, worker and simulated fleet. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const START_MS = 90_000
const STOP_MS = 45_000

export const admin = { username: 'admin', password: 'calm-harbour-lantern-42' } as const

export class Server {
  readonly port: number
  readonly home: string
  private process: ChildProcess | null = null

  private constructor(port: number, home: string) {
    this.port = port
    this.home = home
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    const server = new Server(await freePort(), await mkdtemp(join(tmpdir(), 'sovd-e2e-')))
    try {
      await server.run(settings)
    } catch (error) {
      await server.end()
      throw error
    }
    return server
  }

  /** One that the run has started already (global-setup.ts): not to be stopped from here. */
  static running(port: number): Server {
    return new Server(port, '')
  }

  get origin(): string {
    return `http://127.0.0.1:${String(this.port)}`
  }

  /** Starts it on the same home and port. `settings`: environment on top of the usual one. */
  async run(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = spawn(join(root, '.venv/bin/sovd'), ['serve'], {
      cwd: root,
      env: {
        ...ownEnvironment(),
        HOME: this.home,
        SOVD_HOME: this.home,
        SOVD_PORT: String(this.port),
        SOVD_DEMO_FLEET: 'true',
        SOVD_ADMIN_PASSWORD: admin.password,
        SOVD_RATE_LIMIT_LOGIN: '1000/minute',
        SOVD_PROBE_INTERVAL_S: '2',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    const log = createWriteStream(this.logPath, { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    child.once('close', () => log.end())
    await this.untilReady(child)
  }

  /** As by Ctrl-C: running commands may finish. */
  async stop(): Promise<void> {
    await this.halt('SIGINT')
  }

  /** As by a power cut of the service: nothing is finished, nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.halt('SIGKILL')
  }

  async restart(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.stop()
    await this.run(settings)
  }

  /** Stops it for good and removes its data. */
  async end(): Promise<void> {
    await this.stop()
    await rm(this.home, { recursive: true, force: true })
  }

  private get logPath(): string {
    return join(this.home, 'e2e-server.log')
  }

  private async halt(signal: NodeJS.Signals): Promise<void> {
    const child = this.process
    this.process = null
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
  }

  private async untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_MS
    while (Date.now() < deadline) {
      if (child.exitCode !== null) break
      const answer = await fetch(`${this.origin}/health/ready`).catch(() => null)
      if (answer?.ok === true) return
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    const log = await readFile(this.logPath, 'utf8').catch(() => '')
    throw new Error(`the server was not ready within ${String(START_MS / 1000)} s:\n${log.slice(-4000)}`)
  }
}

/** Without the settings of a service that the user may run beside. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SOVD_')))
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const place = probe.address()
      probe.close(() => {
        if (place !== null && typeof place === 'object') resolve(place.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
