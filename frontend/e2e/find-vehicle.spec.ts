import { expect, test } from './support/fixtures.ts'

test('the search narrows the fleet as one types, stands in the address, and leads to the vehicle', async ({ page, enter, api }) => {
  const golf = await api.connected('000101')
  await enter('/vehicles')
  await expect(page.getByText(/All 16 vehicles shown/)).toBeVisible()
  await page.getByLabel('Search vehicles').pressSequentially('volks golf')
  await expect(page.getByText('1 vehicle of 16 shown')).toBeVisible()
  await expect(page).toHaveURL(/search=volks/)
  await page.reload()
  await expect(page.getByLabel('Search vehicles')).toHaveValue('volks golf')
  await page.getByRole('grid', { name: 'Vehicles' }).getByText('Volkswagen Golf').click()
  await expect(page.getByRole('heading', { level: 1, name: 'Volkswagen Golf' })).toBeVisible()
  await expect(page.getByText(golf.vin).first()).toBeVisible()
  await expect(page.getByText('Connected').first()).toBeVisible()
})

test('an empty result says what was looked at, and clears itself', async ({ page, enter }) => {
  await enter('/vehicles?search=zeppelin')
  await expect(page.getByText('No vehicle matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear search and filters' }).click()
  await expect(page.getByText(/All 16 vehicles shown/)).toBeVisible()
})

test('presence changes while one looks', async ({ page, enter, api }) => {
  const fiat = await api.connected('000112')
  await enter('/vehicles?search=fiat')
  const row = page.getByRole('row').filter({ hasText: fiat.vin })
  await expect(row).toContainText('Connected')
  await api.call('PATCH', `/api/v1/vehicles/${fiat.vehicle_id}`, { address: 'sim:?offline' })
  await expect(row).toContainText('Disconnected')
  await api.call('PATCH', `/api/v1/vehicles/${fiat.vehicle_id}`, { address: fiat.address })
  await expect(row).toContainText('Connected')
})

test('the page of a vehicle shows when it was there and why not, live and after a reload', async ({ page, enter, api }) => {
  const fiat = await api.connected('000112')
  await enter(`/vehicles/${fiat.vehicle_id}`)
  const strip = page.getByRole('slider', { name: 'Presence in the last 24 hours' })
  const changes = page.getByRole('list', { name: 'Changes of presence' }).getByRole('listitem')
  await expect(strip).toHaveAttribute('aria-valuetext', /^Connected, since /)
  await expect(changes.first()).toContainText('Connected')

  await api.call('PATCH', `/api/v1/vehicles/${fiat.vehicle_id}`, { address: 'sim:?offline' })
  await expect(changes.first()).toContainText('The simulated vehicle is offline.')
  await expect(strip).toHaveAttribute('aria-valuetext', /^Disconnected, since .*offline\.$/)
  await api.call('PATCH', `/api/v1/vehicles/${fiat.vehicle_id}`, { address: fiat.address })
  await expect(changes.first()).toContainText('Connected')
  await expect(changes.nth(2)).toContainText('Disconnected')

  await page.reload()
  await expect(changes.nth(2)).toContainText('Disconnected')
  await page.getByText('7 days').click()
  const week = page.getByRole('slider', { name: 'Presence in the last 7 days' })
  await week.focus()
  await week.press('Home')
  await expect(week).toHaveAttribute('aria-valuetext', /^Not recorded, /)
})

test('an address that leads nowhere says so', async ({ page, enter, complaints }) => {
  complaints.allow(/status of 404/)
  await enter('/vehicles/00000000-0000-4000-8000-000000000000')
  await expect(page.getByRole('alert')).toContainText('Not found')
  await page.goto('/no-such-place')
  await expect(page.getByText('No such page')).toBeVisible()
})
