import { expect, test } from 'vitest'
import { buildEcuTree, countNodes, searchTree, targetParams, treeMove, visibleRows } from './ecu-tree'
import { codesOf, findUnit, knownCodes } from './ecu-tree-codes'

const classic = buildEcuTree([
  { ecu: { ecuAddress: '0x1030', component: 'Brakes', name: 'Brakes', variant: null }, ecuAddress: '0x1030' },
  { ecu: { ecuAddress: '0x1010', component: 'Engine', name: 'Engine', variant: null }, ecuAddress: '0x1010' },
  { status: 'complete', totalEcus: 2, ecusNotAnswered: [{ ecuAddress: '0x1040', reason: 'No answer in 2 s.' }] },
])
const sovd = buildEcuTree([
  { ecu: { component: 'engine', name: 'Engine', href: 'http://v/components/engine', resources: ['data'] } },
  { ecu: { component: 'injector', name: 'Injector', href: 'http://v/components/engine/subcomponents/injector', resources: [] } },
  { ecu: { component: 'nav', name: 'Navigation', href: 'http://v/apps/nav', entityType: 'app', resources: ['faults'] } },
])

test('classic ECUs are ordered by address, and those that did not answer say why', () => {
  expect(classic.map(({ id, problem }) => [id, problem])).toEqual([['0x1010', null], ['0x1030', null], ['0x1040', 'No answer in 2 s.']])
  expect(targetParams(classic[0]!)).toEqual({ ecuAddress: '0x1010' })
})

test('parts of a SOVD component hang below it', () => {
  expect(sovd.map(({ id, children }) => [id, children.map((child) => child.id)])).toEqual([['engine', ['injector']], ['nav', []]])
  expect(targetParams(sovd[0]!)).toEqual({ component: 'engine' })
  expect(countNodes(sovd)).toBe(3)
})

test('a search keeps the way to what it finds', () => {
  expect(visibleRows(searchTree(sovd, 'inject'), new Set()).map(({ node }) => node.id)).toEqual(['engine', 'injector'])
  expect(searchTree(sovd, 'faults').map(({ id }) => id)).toEqual(['nav'])
  expect(searchTree(sovd, 'nothing')).toEqual([])
})

test('keys walk the tree as the ARIA Authoring Practices say', () => {
  const open = visibleRows(sovd, new Set())
  const closed = visibleRows(sovd, new Set(['engine']))

  expect(treeMove(open, 'engine', 'ArrowDown')).toEqual({ go: 'injector' })
  expect(treeMove(open, 'engine', 'ArrowRight')).toEqual({ go: 'injector' })
  expect(treeMove(open, 'injector', 'ArrowLeft')).toEqual({ go: 'engine' })
  expect(treeMove(open, 'engine', 'ArrowLeft')).toEqual({ close: 'engine' })
  expect(treeMove(closed, 'engine', 'ArrowRight')).toEqual({ open: 'engine' })
  expect(treeMove(open, 'engine', 'End')).toEqual({ go: 'nav' })
  expect(treeMove(open, 'engine', 'n')).toEqual({ go: 'nav' })
  expect(treeMove(open, 'nav', 'ArrowDown')).toEqual({ go: 'nav' })
  expect(treeMove(open, 'nav', 'Tab')).toBeNull()
})

const dtc = (dtcCode: string, ecuAddress: string) => ({ dtcs: [{ dtcCode, description: 'd', status: 'confirmed', ecuAddress }], ecuAddress })
const read = (at: string, params: object, ...payloads: Record<string, unknown>[]) => ({ commandId: `read at ${at}`, at, params: { ...params }, payloads })

test('the newest answer of each control unit counts, and nothing behind a read of the whole vehicle', () => {
  const known = knownCodes([
    read('3', { ecuAddress: '0x1010' }, { dtcs: [], ecuAddress: '0x1010' }),
    read('2', {}, dtc('P0420', '0x1010'), dtc('C0035', '0x1030')),
    read('1', {}, dtc('B1000', '0x1040')),
  ])

  expect(known.codes.map(({ code }) => code)).toEqual(['C0035'])
  expect(known).toMatchObject({ since: '2', isWholeVehicle: true })
  expect(codesOf(known.codes, { ecuAddress: '0X1030', component: null })).toHaveLength(1)
})

test('reads of single control units alone do not speak for the vehicle; none means nothing is known', () => {
  expect(knownCodes([read('1', { ecuAddress: '0x10' }, dtc('P0420', '0x10'))])).toMatchObject({ isWholeVehicle: false, since: '1' })
  expect(knownCodes([])).toEqual({ codes: [], since: null, isWholeVehicle: false })
})

test('a code finds its control unit by address, however it is spelled, and by component below others', () => {
  expect(findUnit(classic, { ecuAddress: '0x01010', component: null })?.name).toBe('Engine')
  expect(findUnit(sovd, { ecuAddress: null, component: 'injector' })?.name).toBe('Injector')
  expect(findUnit(classic, { ecuAddress: null, component: 'engine' })).toBeNull()
})
