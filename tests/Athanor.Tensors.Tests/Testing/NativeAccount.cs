namespace Athanor.Tensors.Tests.Testing;

/// <summary>Checks of a device's native memory.</summary>
internal static class NativeAccount
{
    /// <summary>After a warm-up, <paramref name="rounds"/> calls leave live and reserved bytes as they were, and the peak at the first calls' height.</summary>
    public static void StaysConstant(Device device, int rounds, Action action)
    {
        for (int i = 0; i < 3; i++)
            action();
        long live = device.LiveBytes, reserved = device.ReservedBytes;
        device.ResetPeak();
        action();
        long peak = device.PeakBytes;
        for (int i = 0; i < rounds; i++)
            action();
        Assert.Equal((live, reserved, peak), (device.LiveBytes, device.ReservedBytes, device.PeakBytes));
    }

    /// <summary>What <paramref name="action"/> builds it also gives back.</summary>
    public static void IsGivenBack(Device device, Action action)
    {
        long live = device.LiveBytes;
        action();
        Assert.Equal(live, device.LiveBytes);
    }
}
