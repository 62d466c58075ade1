// SPDX-License-Identifier: GPL-2.0
/*
 * A single try of another boot partition, for the Raspberry Pi's firmware.
 *
 * Linux as Debian builds it has neither /dev/vcio nor the reboot notifier of
 * the vendor's tree, so that nothing asks the firmware for it.
 *
 * tryboot    the firmware's one-shot flag (mailbox tag 0x00038064): 1 to set,
 *            0 to clear. The next start follows the [tryboot] section of
 *            autoboot.txt, whatever way it comes about.
 * partition  on BCM2837 (Pi 3, Zero 2 W), where that flag is stored but was
 *            seen to have no effect: the partition the next orderly restart
 *            starts, through the reset status register; 0 for none. Cleared
 *            when the module is loaded, so that a reset by the watchdog goes
 *            back to what autoboot.txt says.
 */
#include <linux/io.h>
#include <linux/mfd/bcm2835-pm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/reboot.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

#define TAG_GET_REBOOT_FLAGS	0x00030064
#define TAG_SET_REBOOT_FLAGS	0x00038064

#define PM_RSTS			0x20
#define PM_PASSWORD		0x5a000000
/* Bit i of the partition's number is bit 2i of the register. */
#define PM_RSTS_PARTITION	0x555
#define PARTITIONS		64

static struct rpi_firmware *fw;
static void __iomem *pm;
static unsigned int wanted;

static int set_flags(u32 v)
{
	return rpi_firmware_property(fw, TAG_SET_REBOOT_FLAGS, &v, sizeof(v));
}

static int tryboot_get(char *buf, const struct kernel_param *kp)
{
	u32 v = 0;
	int r;

	if (!fw)
		return -ENODEV;
	r = rpi_firmware_property(fw, TAG_GET_REBOOT_FLAGS, &v, sizeof(v));
	return r ? r : sysfs_emit(buf, "%u\n", v);
}

static int tryboot_set(const char *val, const struct kernel_param *kp)
{
	u32 v;
	int r = kstrtou32(val, 0, &v);

	if (r)
		return r;
	if (v > 1)
		return -EINVAL;
	return fw ? set_flags(v) : -ENODEV;
}

static const struct kernel_param_ops tryboot_ops = {
	.set = tryboot_set, .get = tryboot_get,
};
module_param_cb(tryboot, &tryboot_ops, NULL, 0600);

static void select_partition(unsigned int number)
{
	u32 bits = 0, v;
	int i;

	for (i = 0; i < 6; i++)
		bits |= (number >> i & 1) << (2 * i);
	v = readl(pm + PM_RSTS) & ~PM_RSTS_PARTITION & 0x00ffffff;
	writel(PM_PASSWORD | v | bits, pm + PM_RSTS);
}

static int partition_get(char *buf, const struct kernel_param *kp)
{
	return pm ? sysfs_emit(buf, "%u\n", wanted) : -ENODEV;
}

static int partition_set(const char *val, const struct kernel_param *kp)
{
	u32 v;
	int r = kstrtou32(val, 0, &v);

	if (r)
		return r;
	if (v >= PARTITIONS)
		return -EINVAL;
	if (!pm)
		return -ENODEV;
	wanted = v;
	return 0;
}

static const struct kernel_param_ops partition_ops = {
	.set = partition_set, .get = partition_get,
};
module_param_cb(partition, &partition_ops, NULL, 0600);

/* Only an orderly restart: a panic must not lead to the other partition. */
static int on_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action == SYS_RESTART && pm && wanted)
		select_partition(wanted);
	return NOTIFY_DONE;
}

static struct notifier_block nb = { .notifier_call = on_reboot };

static void find_pm(void)
{
	/* Later chips name another one first and honour the flag. */
	struct device_node *np = of_find_compatible_node(NULL, NULL, "brcm,bcm2835-pm");
	struct platform_device *device;
	struct bcm2835_pm *data;

	if (!np)
		return;
	device = of_find_device_by_node(np);
	of_node_put(np);
	if (!device)
		return;
	data = platform_get_drvdata(device);
	if (data)
		pm = data->base;
	put_device(&device->dev);
	if (pm)
		select_partition(0);
}

static int __init rpi_tryboot_init(void)
{
	struct device_node *np =
		of_find_compatible_node(NULL, NULL, "raspberrypi,bcm2835-firmware");
	int r;

	if (!np)
		return -ENODEV;
	fw = rpi_firmware_get(np);
	of_node_put(np);
	if (!fw)
		return -EPROBE_DEFER;
	find_pm();
	r = register_reboot_notifier(&nb);
	if (r)
		rpi_firmware_put(fw);
	return r;
}

static void __exit rpi_tryboot_exit(void)
{
	unregister_reboot_notifier(&nb);
	rpi_firmware_put(fw);
}

module_init(rpi_tryboot_init);
module_exit(rpi_tryboot_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Single try of another boot partition for the Raspberry Pi's firmware");
MODULE_ALIAS("of:N*T*Craspberrypi,bcm2835-firmware");
