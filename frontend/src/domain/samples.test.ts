import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnswerChunk } from './answers'
import { SampleLog, seriesFacts, shownMean } from './samples'

function sample(sequenceNumber: number, elapsedS: number, value: unknown, number = sequenceNumber): AnswerChunk {
  return {
    sequenceNumber, isFinal: false,
    payload: { sampledAt: new Date(elapsedS * 1000).toISOString(), elapsedS, sample: number, values: [{ dataId: '0xF40C', name: 'EngineSpeed', value, unit: 'rpm' }] },
  }
}

test('samples become columns with times in seconds', () => {
  const log = new SampleLog(500)
  expect(log.take([sample(1, 0, 800), sample(2, 0.5, 810)])).toBe(true)
  expect(log.times).toEqual([0, 0.5])
  expect(log.series[0]?.values).toEqual([800, 810])
  expect(log.gaps).toBe(0)
})

test('a missed sample breaks the line', () => {
  const log = new SampleLog(500)
  log.take([sample(1, 0, 800), sample(2, 2, 810)])
  expect(log.times).toEqual([0, 1, 2])
  expect(log.series[0]?.values).toEqual([800, null, 810])
  expect(log.moments[1]).toBeNull()
  expect(log.gaps).toBe(3)
})

test('a number left out breaks the line although the interval is not known', () => {
  const log = new SampleLog()
  log.take([sample(1, 0, 1), sample(2, 9, 2, 3)])
  expect(log.series[0]?.values).toEqual([1, null, 2])
  expect(log.gaps).toBe(1)
})

test('words are kept for reading, not for drawing', () => {
  const log = new SampleLog(500)
  log.take([sample(1, 0, 'on')])
  expect(log.series[0]?.values).toEqual([null])
  expect(log.series[0]?.shown).toEqual(['on'])
  expect(seriesFacts(log.series[0]!)).toBeNull()
})

const stream = fc.array(fc.record({ step: fc.double({ min: 0, max: 3, noNaN: true }), value: fc.oneof(fc.integer(), fc.constant(null), fc.string()) }), { maxLength: 60 })
  .map((items) => {
    let at = 0
    return items.map(({ step, value }, index) => {
      at += step
      return sample(index + 1, at, value)
    })
  })

test('however the stream is cut into pieces, the columns are the same, of one length, and times never go back', () => {
  fc.assert(fc.property(stream, fc.array(fc.nat(60), { maxLength: 8 }), (chunks, cuts) => {
    const whole = new SampleLog(500)
    whole.take(chunks)
    const pieces = new SampleLog(500)
    for (const cut of [...cuts].sort((a, b) => a - b)) pieces.take(chunks.slice(0, cut))
    pieces.take(chunks)
    expect(pieces.times).toEqual(whole.times)
    expect(pieces.series).toEqual(whole.series)
    expect(whole.times.every((time, row) => row === 0 || time >= (whole.times[row - 1] ?? 0))).toBe(true)
    expect(whole.series.every(({ values, shown }) => values.length === whole.times.length && shown.length === whole.times.length)).toBe(true)
    expect(whole.moments.filter((moment) => moment !== null)).toHaveLength(chunks.length)
  }))
})

test('a mean is as exact as its values and one decimal more; large whole numbers stay whole', () => {
  const facts = (mean: number, ...[last, least, greatest]: [number, number, number]) => shownMean({ last, least, greatest, mean })
  expect(facts(45.1944, 46, 44, 47)).toBe(45.2)
  expect(facts(1681.6045, 1667.75, 1644.75, 1727.5)).toBe(1681.6)
  expect(facts(13.80412, 13.8, 13.7, 13.9)).toBe(13.8)
  expect(facts(123456.78, 123456, 123450, 123460)).toBe(123457)
  expect(facts(0.000123, 0.0001, 0.0001, 0.0002)).toBe(0.0001)
  expect(facts(0, 0, 0, 0)).toBe(0)
})
