import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerChunk } from './answers'
import { compareAnswers } from './compare'

function chunks(...payloads: Record<string, unknown>[]): AnswerChunk[] {
  return payloads.map((payload, place) => ({ sequenceNumber: place + 1, payload, isFinal: payload.status === 'complete' }))
}

const dtc = (dtcCode: string, status = 'confirmed', more: object = {}) => ({ dtcCode, status, description: `About ${dtcCode}`, ...more })
const codes = (ecuAddress: string, ...dtcs: object[]) => ({ ecuAddress, dtcs, raw: '' })
const fates = (left: AnswerChunk[], right: AnswerChunk[], group = 'troubleCodes') =>
  compareAnswers(left, right).groups.find(({ name }) => name === group)?.pairs.map(({ fate, left: l, right: r }) => [(r ?? l)?.title, fate])

describe('trouble codes', () => {
  it('says which appeared, disappeared, changed and stayed', () => {
    const left = chunks(codes('0x1010', dtc('P0420'), dtc('P0171', 'pending'), dtc('P0300')))
    const right = chunks(codes('0x1010', dtc('P0171'), dtc('P0300'), dtc('P0128')))
    expect(fates(left, right)).toEqual([['P0420', 'disappeared'], ['P0171', 'changed'], ['P0300', 'same'], ['P0128', 'appeared']])
    const { counts, groups } = compareAnswers(left, right)
    expect(counts).toEqual({ appeared: 1, disappeared: 1, changed: 1, same: 1 })
    expect(groups[0]?.pairs[1]?.differences).toEqual(['status: pending → confirmed'])
  })

  it('keeps the same code of two control units apart', () => {
    const left = chunks(codes('0x1010', dtc('U0100')), codes('0x1030', dtc('U0100')))
    const right = chunks(codes('0x1030', dtc('U0100')))
    expect(fates(left, right)).toEqual([['U0100', 'disappeared'], ['U0100', 'same']])
  })

  it('sees a change of the status byte and of a snapshot', () => {
    const snapshot = (value: number) => ({ statusByte: '0x2F', snapshots: [{ recordNumber: 1, values: [{ name: 'speed', value, unit: 'km/h' }] }] })
    const { groups } = compareAnswers(
      chunks(codes('0x1010', dtc('P0420', 'confirmed', snapshot(50)))),
      chunks(codes('0x1010', dtc('P0420', 'confirmed', { ...snapshot(60), statusByte: '0x2E' }))),
    )
    expect(groups[0]?.pairs[0]?.differences).toEqual([
      'status byte: 0x2F → 0x2E', 'Snapshot 1: speed 50\u202fkm/h → speed 60\u202fkm/h',
    ])
  })
})

describe('values', () => {
  const value = (dataId: string, more: object) => ({ ecuAddress: '0x1010', dataId, name: `name ${dataId}`, raw: '00', ...more })

  it('compares by identifier, with units', () => {
    const left = chunks(value('0xF40C', { value: 800, unit: 'rpm' }), value('0xF40D', { value: 0, unit: 'km/h' }))
    const right = chunks(value('0xF40D', { value: 0, unit: 'km/h' }), value('0xF40C', { value: 2500, unit: 'rpm' }))
    const { groups } = compareAnswers(left, right)
    expect(groups[0]?.pairs.map(({ differences }) => differences)).toEqual([['value: 800\u202frpm → 2500\u202frpm'], []])
  })

  it('takes a refusal for a change, in words', () => {
    const left = chunks(value('0xF190', { value: 'WVW' }))
    const right = chunks(value('0xF190', { error: { code: 'vehicle_refused', message: 'Not in this session.' } }))
    expect(compareAnswers(left, right).groups[0]?.pairs[0]?.differences).toEqual(['value: WVW → nothing', 'refused: nothing → Not in this session.'])
  })

  it('compares the parts of a record one by one', () => {
    const record = (second: number) => value('0xFD00', { values: [{ name: 'a', value: 1 }, { name: 'b', value: second, unit: 'V' }] })
    expect(compareAnswers(chunks(record(12)), chunks(record(13))).groups[0]?.pairs[0]?.differences).toEqual(['b: 12\u202fV → 13\u202fV'])
  })
})

it('compares what the final chunk says, without bytes and times', () => {
  const left = chunks({ status: 'complete', totalDtcs: 2, raw: '5901', ecusNotAnswered: ['0x1050'] })
  const right = chunks({ status: 'complete', totalDtcs: 0, raw: '5902', ecusNotAnswered: [] })
  expect(fates(left, right, 'result')).toEqual([['Number of trouble codes', 'changed']])
  expect(fates(left, right, 'silentEcus')).toEqual([['0x1050', 'disappeared']])
})

it('of any answers: nothing differs from itself, and turned round appeared and disappeared change places', () => {
  const code = fc.record({ dtcCode: fc.constantFrom('P0420', 'P0171', 'U0100'), status: fc.constantFrom('confirmed', 'pending') })
  const answer = fc.array(fc.record({ ecuAddress: fc.constantFrom('0x1010', '0x1030'), dtcs: fc.array(code, { maxLength: 4 }) }), { maxLength: 3 })
  fc.assert(
    fc.property(answer, answer, (one, other) => {
      const left = chunks(...one)
      const right = chunks(...other)
      const { same, ...own } = compareAnswers(left, left).counts
      expect(own).toEqual({ appeared: 0, disappeared: 0, changed: 0 })
      expect(same).toBe(one.flatMap(({ dtcs }) => dtcs).length)
      const there = compareAnswers(left, right).counts
      const back = compareAnswers(right, left).counts
      expect(back).toEqual({ ...there, appeared: there.disappeared, disappeared: there.appeared })
    }),
    { numRuns: 200 },
  )
})

it('names the figures of the result as people say them', () => {
  const final = (more: object) => [{ sequenceNumber: 1, isFinal: true, payload: { status: 'complete', ...more } }]
  const { groups } = compareAnswers(final({ totalDtcs: 2, stopReason: 'a' }), final({ totalDtcs: 6, stopReason: 'b' }))
  expect(groups.find(({ name }) => name === 'result')?.pairs.map(({ right }) => right?.title)).toEqual(['Number of trouble codes', 'Stop reason'])
})
