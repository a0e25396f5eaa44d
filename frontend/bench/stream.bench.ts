/** A command that streams, with its live chart and its table in sight: frames. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Api, Command } from '../e2e/support/api.ts'
import { BARE, enter, expect, test, type Page } from './support/bench.ts'
import { isQuick, report } from './support/figures.ts'
import { FRAME_HEAD, frameCells, watchFrames, type FrameCount } from './support/frames.ts'
import { SHARED_HOME } from './support/global-setup.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const measuredS = isQuick ? 3 : 20
const floorS = measuredS / 2
/** Until a hundred samples are on screen, and the watch has begun. */
const BEFORE_S = 6

interface Streaming {
  readonly command: Command
  readonly over: () => Promise<void>
}

test('a stream on screen', async ({ page, context, api }, info) => {
  await enter(page, '/settings')
  const bare = await context.newPage()
  await bare.goto(BARE)
  const rows: string[][] = []
  for (const [name, start] of [['50 samples/s of a DoIP vehicle', fromVehicle], ['150 samples/s of a played worker', played]] as const) {
    const floor = await streaming(start(api, floorS + BEFORE_S), async () => {
      await bare.bringToFront()
      return watched(bare, floorS)
    })
    const ours = await streaming(start(api, measuredS + BEFORE_S), async (command) => {
      await show(page, command)
      return watched(page, measuredS, '#samples-title')
    })
    rows.push([`${name}, on screen`, ...frameCells(ours), (ours.updates / ours.seconds).toFixed(0)])
    rows.push(['the same stream, an empty page on screen', ...frameCells(floor), '–'])
  }
  rows.push(['no stream, an empty page', ...frameCells(await watched(bare, floorS)), '–'])
  await report(info, {
    title: `A streaming command for ${String(measuredS)} s, chart and table in sight`,
    head: [...FRAME_HEAD, 'screen changes/s'],
    rows,
  })
})

async function streaming(starting: Promise<Streaming>, watch: (command: Command) => Promise<FrameCount>): Promise<FrameCount> {
  const { command, over } = await starting
  const counted = await watch(command)
  await over()
  return counted
}

async function watched(page: Page, seconds: number, selector: string | null = null): Promise<FrameCount> {
  const count = await watchFrames(page, selector)
  await page.waitForTimeout(seconds * 1000)
  return count()
}

async function show(page: Page, { command_id: id }: Command): Promise<void> {
  await page.bringToFront()
  await page.goto(`/commands/${id}`)
  await page.getByRole('button', { name: 'Table' }).click()
  await expect(page.getByRole('img', { name: /^Chart of/ }).locator('canvas')).toBeVisible()
  await expect(page.locator('#samples-title')).toContainText(/[1-9]\d\d samples so far/)
}

/** The shortest interval that the command has: reads of a simulated ECU over DoIP, through the real worker. */
async function fromVehicle(api: Api, seconds: number): Promise<Streaming> {
  const vehicle = await api.connected('000201')
  const command = await api.send(vehicle, 'SubscribeData', {
    ecuAddress: '0x1010', dataIds: ['0xF40C', '0xF40D', '0xF405'], intervalMs: 20, durationS: seconds,
  })
  return { command, over: async () => expect(await api.ended(command.command_id)).toMatchObject({ status: 'completed' }) }
}

/** Faster than any vehicle may be asked: stored and published by a process that plays the worker (benchmarks/played_samples.py). */
async function played(api: Api, seconds: number): Promise<Streaming> {
  const vehicle = await api.mockVehicle(`played-${String(Date.now())}`, 'offline', 'disconnected')
  const command = await api.send(vehicle, 'SubscribeData', { ecuAddress: '0x1010', dataIds: ['0xF40C'], intervalMs: 20, durationS: seconds })
  const settings = [process.env[SHARED_HOME] ?? '', command.command_id, '--per-second', '150', '--seconds', String(seconds)]
  const child = spawn(`${root}/.venv/bin/python`, ['-m', 'benchmarks.played_samples', ...settings], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = once(child, 'exit')
  return {
    command,
    over: async () => {
      const [code] = (await ended) as [number | null]
      expect(code, 'the played worker').toBe(0)
    },
  }
}
