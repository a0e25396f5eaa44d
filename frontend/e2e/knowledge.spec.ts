import { expect, test } from './support/fixtures.ts'
import { outcome, sendButton } from './support/form.ts'

test('what a vehicle with classic ECUs has answered stands in its tree, and what comes later shows by itself', async ({ page, enter, api }) => {
  const vehicle = await api.connected('000202')
  expect(vehicle.address).toMatch(/^doip:/)
  await enter(`/vehicles/${vehicle.vehicle_id}`)
  await page.getByRole('region', { name: 'Quick commands' }).getByRole('link', { name: 'Find control units' }).click()
  await sendButton(page).click()
  await expect(outcome(page)).toContainText('Completed.')
  await page.goto(`/vehicles/${vehicle.vehicle_id}`)

  const units = page.getByRole('region', { name: 'Control units' })
  const tree = units.getByRole('tree', { name: 'Control units' })
  await expect(tree.getByRole('treeitem')).toHaveCount(6)
  const engine = tree.getByRole('treeitem', { name: /Engine control module/ })
  await expect(engine).toContainText('0x1010')

  // Somebody else reads the trouble codes while this page stands open.
  await api.ended((await api.send(vehicle, 'ReadDTC')).command_id)
  await expect(engine).toContainText('2 codes')
  const codes = page.getByRole('region', { name: 'Last known trouble codes' })
  await expect(codes.getByRole('listitem').filter({ hasText: 'P0420' })).toContainText('Engine control module')
  await expect(units.getByRole('heading', { name: 'Engine control module' })).toBeVisible()
  await expect(units.getByText(/P0171\s*pending/)).toBeVisible()

  await units.getByLabel('Search control units').fill('0x1030')
  await expect(tree.getByRole('treeitem')).toHaveCount(1)
  await tree.getByRole('treeitem', { name: /Brake control module/ }).click()
  await expect(page).toHaveURL(/entity=0x1030/)
  const read = units.getByRole('link', { name: 'Read trouble codes' })
  await expect(read).toHaveAttribute('href', /0x1030/)
  await read.click()
  await sendButton(page).click()
  await expect(outcome(page)).toContainText('Completed.')
})

test('everybody sees by name who works on a vehicle and what waits', async ({ page, enter, api, account }) => {
  const honda = await api.connected('000104')
  await enter(`/vehicles/${honda.vehicle_id}`, await account('viewer'))
  const queue = page.getByRole('region', { name: 'Queue' })
  await expect(queue).toBeVisible()
  const first = await api.send(honda, 'ReadDTC', { ecuAddress: '0x10' })
  const second = await api.send(honda, 'ReadDTC', { ecuAddress: '0x10' })
  await expect(queue).toContainText('admin runs ReadDTC. 1 command waits behind it.')
  await api.call('POST', `/api/v1/commands/${second.command_id}/cancel`, { reason: 'the test has seen enough' })
  await api.call('POST', `/api/v1/commands/${first.command_id}/cancel`, { reason: 'the test has seen enough' })
  await api.ended(first.command_id)
  await expect(queue).toContainText('Nothing runs and nothing waits.')
})
