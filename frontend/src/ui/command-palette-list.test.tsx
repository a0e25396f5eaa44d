import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { PaletteList } from './command-palette-list'
import type { PaletteEntry } from './command-palette-model'

const entry = (id: string): PaletteEntry => ({ id, label: id, detail: '', vin: null, target: { kind: 'page', to: '/' } })
const groups = [{ title: 'Commands', entries: [entry('one'), entry('two')] }, { title: 'Pages', entries: [entry('three')] }]

test('the list is walked and picked from the field, which keeps the focus', async () => {
  const onPick = vi.fn()
  render(<MantineProvider><PaletteList typed="" onType={() => undefined} groups={groups} hint="" onPick={onPick} /></MantineProvider>)
  const field = screen.getByRole('combobox')
  const hand = userEvent.setup()
  await hand.click(field)
  const active = () => document.getElementById(field.getAttribute('aria-activedescendant') ?? '')?.textContent
  expect(active()).toBe('one')
  await hand.keyboard('{ArrowDown}{ArrowDown}')
  expect(active()).toBe('three')
  expect(screen.getByRole('option', { name: 'three' })).toHaveAttribute('aria-selected', 'true')
  await hand.keyboard('{ArrowDown}{ArrowUp}{Enter}')
  expect(onPick).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'three' }))
  expect(field).toHaveFocus()
})
