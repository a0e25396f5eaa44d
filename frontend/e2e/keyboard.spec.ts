import { expect, liveStatus, test } from './support/fixtures.ts'
import { outcome, troubleCode } from './support/form.ts'
import { admin } from './support/server.ts'

test('the whole flow without a mouse', async ({ page, api }) => {
  const golf = await api.connected('000101')
  const { keyboard } = page
  await page.goto('/vehicles')
  await expect(page.getByLabel('User name')).toBeVisible()
  await expect(page.getByLabel('User name')).toBeFocused()
  await keyboard.type(admin.username)
  await keyboard.press('Tab')
  await keyboard.type(admin.password)
  await keyboard.press('Enter')
  await expect(liveStatus(page)).toHaveText('Live')

  await expect(page.getByText(/All 16 vehicles shown/)).toBeVisible()
  await keyboard.press('/')
  await expect(page.getByLabel('Search vehicles')).toBeFocused()
  await keyboard.type('golf')
  await expect(page.getByText('1 vehicle of 16 shown')).toBeVisible()
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Volkswagen Golf' })).toBeVisible()

  await keyboard.press('Control+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await keyboard.type('ReadDTC')
  await expect(page.getByRole('option').first()).toContainText(/Read trouble codes/)
  await keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/send\\?.*${golf.vehicle_id}`))
  await expect(page.getByRole('region', { name: 'Target of the command' })).toContainText(golf.vin)
  for (let presses = 0; presses < 40; presses++) {
    if (await page.locator('form').getByLabel('Reason').evaluate((field) => field === document.activeElement)) break
    await keyboard.press('Tab')
  }
  await expect(page.getByLabel('Reason')).toBeFocused()
  await keyboard.type('no mouse')
  await keyboard.press('Control+Enter')
  await expect(outcome(page)).toContainText('Completed.')
  await expect(troubleCode(page, 'P0420')).toBeVisible()

  await keyboard.press('g')
  await keyboard.press('h')
  await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible()
  await keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await keyboard.press('Escape')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeHidden()
})
