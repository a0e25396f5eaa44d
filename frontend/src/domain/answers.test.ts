import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyAnswer, extendAnswer, type AnswerChunk } from './answers'
import { resultOf, summaryWords } from './answers-result'
import { bytesOf, hexRows, isHex } from './answers-bytes'

const chunk = (sequenceNumber: number, payload: Record<string, unknown>, isFinal = false): AnswerChunk => ({ sequenceNumber, payload, isFinal })

test('trouble codes of several chunks, of both kinds of vehicle', () => {
  const answer = extendAnswer(emptyAnswer, [
    chunk(1, { ecuAddress: '0x1010', dtcs: [{ dtcCode: 'P0420', status: 'confirmed', snapshots: [{ recordNumber: 1, values: [{ name: 'EngineSpeed', value: 833.25, unit: 'rpm' }] }], extendedData: [{ recordNumber: 1, data: '010200' }] }] }),
    chunk(2, { component: 'engine', dtcs: [{ dtcCode: 'P0171', status: 'pending', snapshots: [{ record: 1, data: [{ id: 'F40C', name: 'EngineSpeed', value: 822, unit: 'rpm' }] }], extendedData: [{ record: 1, name: 'occurrences', value: 1 }] }] }),
    chunk(3, { status: 'complete', totalDtcs: 2, ecusNotAnswered: [{ ecuAddress: '0x1050', reason: 'no answer in 2 s' }] }, true),
  ])
  expect(answer.troubleCodes.map(({ code, ecu }) => [code, ecu])).toEqual([['P0420', '0x1010'], ['P0171', 'engine']])
  expect(answer.troubleCodes[0]?.snapshots[0]).toEqual({ title: 'Snapshot 1', values: [{ name: 'EngineSpeed', value: 833.25, unit: 'rpm' }], bytes: null })
  expect(answer.troubleCodes[0]?.extendedData[0]?.bytes).toBe('010200')
  expect(answer.troubleCodes[1]?.snapshots[0]?.values[0]?.value).toBe(822)
  expect(answer.troubleCodes[1]?.extendedData[0]?.values).toEqual([{ name: 'occurrences', value: 1, unit: null }])
  expect(answer.silentEcus).toEqual([{ ecu: '0x1050', reason: 'no answer in 2 s' }])
  // The heading counts them already.
  expect(summaryWords(answer)).toEqual([])
  expect(answer.others).toEqual([])
})

test('an identifier that is refused keeps its reason and advice', () => {
  const { values } = extendAnswer(emptyAnswer, [chunk(1, { dataId: '0xDEAD', error: { code: 'vehicle_refused', message: 'no', nrc: '0x31', nrcName: 'requestOutOfRange', advice: 'Check it.' } })])
  expect(values[0]?.error).toMatchObject({ nrc: '0x31', nrcName: 'requestOutOfRange', advice: 'Check it.' })
})

test('progress is shown until the value is here', () => {
  const first = chunk(1, { status: 'reading', dataId: '0xF18A', progress: 0.5 })
  const half = extendAnswer(emptyAnswer, [first])
  expect(half.progress).toBe(0.5)
  expect(extendAnswer(half, [first, chunk(2, { dataId: '0xF18A', value: 'x', unit: '' })]).progress).toBeNull()
})

test('nothing is hidden: whatever a vehicle sends is shown in some form', () => {
  fc.assert(fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 20 }), (payloads) => {
    const chunks = payloads.map((payload, index) => chunk(index + 1, payload, index === payloads.length - 1))
    const answer = extendAnswer(emptyAnswer, chunks)
    expect(answer.taken).toBe(chunks.length)
    const unknown = chunks.filter(({ payload, isFinal }) => !isFinal && !['dtcs', 'identification', 'ecu', 'sampledAt', 'dataId', 'progress'].some((key) => key in payload))
    expect(answer.others).toEqual(expect.arrayContaining(unknown))
  }))
})

test('bytes with offsets and characters', () => {
  const rows = hexRows('62F190315356434D443030395241303030323032')
  expect(rows[0]).toMatchObject({ offset: '0000', text: 'b··1SVCMD009RA00' })
  expect(rows[1]).toMatchObject({ offset: '0010', bytes: ['30', '32', '30', '32'], text: '0202' })
  expect(isHex('0')).toBe(false)
  expect(bytesOf({ raw: '5902', dtcs: [{ raw: '042000' }] })).toEqual([{ path: 'raw', hex: '5902' }, { path: 'dtcs / 1 / raw', hex: '042000' }])
})

test('what a command came to stands in words', () => {
  const after = (payload: Record<string, unknown>) => summaryWords(extendAnswer(emptyAnswer, [chunk(1, payload, true)]))
  expect(after({ status: 'complete', totalDtcs: 0 })).toEqual([])
  expect(after({ status: 'success', clearedCount: 2 })).toEqual(['2 trouble codes cleared'])
  expect(after({ status: 'complete', samples: 0, missed: 3 })).toEqual(['3 samples missed'])
  expect(after({ status: 'complete', read: 3, failed: 1 })).toEqual(['3 values read', '1 value refused'])
  expect(after({ status: 'complete', read: 3, failed: 0 })).toEqual([])
  expect(after({ status: 'success', setting: 'off', heldS: 5 })).toEqual(['Storing of trouble codes was switched off; the session was held for 5.00 s'])
  expect(after({ status: 'success', resetType: 'soft', backAfterS: 1.51 })).toEqual(['Answered again after 1.51 s'])
})

test('what words leave over is the result, and nothing of it is dropped', () => {
  const result = (final: Record<string, unknown>) => resultOf({ final, identification: [] })
  expect(result({ status: 'success', clearedCount: 2, ecuAddress: '0x10' })).toBeNull()
  expect(result({ status: 'complete', totalEcus: 6, totalApps: 0, ecusNotAnswered: [] })).toBeNull()
  expect(result({ status: 200, headers: {}, body: { items: [] } })).toEqual({ facts: [{ name: 'HTTP status', value: '200' }], rest: { headers: {}, body: { items: [] } } })
  const routine = { status: 'success', routineId: '0x0203', action: 'start', routineState: 'ended', raw: '71', result: { value: '020C00', unit: null, problem: 'no data' }, extra: [1] }
  expect(result(routine)).toEqual({
    facts: [
      { name: 'Routine', value: '0x0203' }, { name: 'Action', value: 'start' }, { name: 'State of the routine', value: 'ended' },
      { name: 'Answer of the vehicle', value: '020C00' }, { name: 'Not decoded', value: 'no data' },
    ],
    rest: { extra: [1] },
  })
})

test('a list that many chunks extend at once is copied once, and the one before stays as it was', () => {
  const chunks = Array.from({ length: 60_000 }, (_, index) => chunk(index + 1, { note: index }))
  const first = extendAnswer(emptyAnswer, chunks.slice(0, 10))
  const all = extendAnswer(first, chunks)
  expect(first.others).toHaveLength(10)
  expect(all.others).toHaveLength(60_000)
})
