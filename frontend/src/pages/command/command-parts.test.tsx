import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { readValue, troubleCode } from '@/domain/answers-items'
import { theme } from '@/ui/theme'
import { connectionWords } from './connection-note'
import { EcuTable } from './ecu-table'
import { HexView } from './hex-view'
import { TroubleCodeCard } from './trouble-code-card'
import { ValueTable } from './value-table'

const show = (part: ReactNode) => render(<MantineProvider theme={theme}>{part}</MantineProvider>)

test('a trouble code explains itself', async () => {
  show(<TroubleCodeCard dtc={troubleCode({
    dtcCode: 'P0420', description: 'Catalyst', status: 'confirmed', statusByte: '0x2F', ecuAddress: '0x1010',
    snapshots: [{ recordNumber: 1, values: [{ name: 'EngineSpeed', value: 833.25, unit: 'rpm' }] }],
  }, {})} />)
  expect(screen.getByRole('heading', { name: 'P0420' })).toBeVisible()
  expect(screen.getByText('Confirmed')).toBeVisible()
  expect(screen.getByText(/P = Powertrain/)).toBeVisible()
  expect(screen.getByText(/833\.25\srpm/)).toBeVisible()
  await userEvent.click(screen.getByText(/Status byte 0x2F/))
  expect(screen.getByText(/Confirmed: failed often enough/)).toBeVisible()
})

test('values carry units; a refused one says why and what to do', () => {
  show(<ValueTable title="Values" values={[
    readValue({ dataId: '0xF40C', name: 'EngineSpeed', value: 808.75, unit: 'rpm' }, { ecuAddress: '0x1010' }),
    readValue({ dataId: '0xDEAD', error: { message: 'Refused.', nrc: '0x31', nrcName: 'requestOutOfRange', advice: 'Check it.' } }, {}),
  ]} />)
  expect(screen.getByText(/808\.75\srpm/)).toBeVisible()
  expect(screen.getByText('requestOutOfRange (NRC 0x31)')).toBeVisible()
  expect(screen.getByText(/Check it\./)).toBeVisible()
})

test('many values are drawn in parts, and none is out of reach', async () => {
  const values = Array.from({ length: 450 }, (_, index) => readValue({ dataId: `0x${index.toString(16).padStart(4, '0')}`, value: index }, {}))
  show(<ValueTable title="Values" values={values} />)
  expect(screen.getAllByRole('row')).toHaveLength(201)
  expect(screen.getByRole('status')).toHaveTextContent('200 of 450 entries shown')
  await userEvent.click(screen.getByRole('button', { name: 'Load more' }))
  await userEvent.click(screen.getByRole('button', { name: 'Load more' }))
  expect(screen.getAllByRole('row')).toHaveLength(451)
  expect(screen.getByRole('status')).toHaveTextContent('All 450 entries shown')
})

test('a column in which nothing stands is left out', () => {
  const unit = { address: '0x1010', component: null, name: 'Engine', variant: null }
  const { rerender } = show(<EcuTable ecus={[unit]} isOpen={false} />)
  const heads = () => screen.getAllByRole('columnheader').map(({ textContent }) => textContent)
  expect(heads()).toEqual(['Address', 'Name'])
  rerender(<MantineProvider theme={theme}><EcuTable ecus={[unit, { ...unit, variant: 'EU6' }]} isOpen={false} /></MantineProvider>)
  expect(heads()).toEqual(['Address', 'Name', 'Variant'])
  expect(screen.getByText('not known')).toBeVisible()
})

test('bytes with their offset', () => {
  show(<HexView title="raw" hex="62F190" />)
  expect(screen.getByText('0000')).toBeVisible()
  expect(screen.getByText(/62 F1 90/)).toBeVisible()
})

test('the connection is called what it is', () => {
  // The head of the page says it already.
  expect(connectionWords({ phase: 'live', openedAt: 0, attempt: 0 }, 0)).toBeNull()
  expect(connectionWords({ phase: 'waiting', attempt: 1, retryAt: 3000 }, 100)?.text).toBe('Reconnecting in 3 s')
  expect(connectionWords({ phase: 'offline' }, 0)?.text).toBe('Offline')
})
