using System.Runtime.InteropServices;
using System.Text;

namespace Athanor.Tensors;

/// <summary>A library that Athanor uses when it is there and never requires.</summary>
/// <param name="Found">Whether it could be loaded.</param>
/// <param name="Details">What was found, or what was looked for.</param>
public sealed record Finding(bool Found, string Details);

/// <summary>Looks for accelerators and cluster libraries at run time, by name, without linking to any.</summary>
public static unsafe class Surroundings
{
    private static readonly string[] MpiNames = OperatingSystem.IsWindows()
        ? ["msmpi.dll"]
        : OperatingSystem.IsMacOS() ? ["libmpi.dylib"] : ["libmpi.so.40", "libmpi.so.12", "libmpi.so", "libmpich.so.12"];

    /// <summary>The CUDA driver and its devices.</summary>
    public static Finding Cuda()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out nint driver))
            return new Finding(false, $"no CUDA driver ({name})");
        if (!TryFind(driver, "cuInit", out nint initialise) || !TryFind(driver, "cuDeviceGetCount", out nint getCount) ||
            !TryFind(driver, "cuDeviceGetName", out nint getName))
            return new Finding(false, $"{name} lacks the driver's functions");
        int status = ((delegate* unmanaged<uint, int>)initialise)(0);
        if (status != 0)
            return new Finding(false, $"{name} is there, but cuInit returned {status}");
        int count = 0;
        _ = ((delegate* unmanaged<int*, int>)getCount)(&count);
        var devices = new List<string>();
        byte* text = stackalloc byte[256];
        for (int device = 0; device < count; device++)
        {
            if (((delegate* unmanaged<byte*, int, int, int>)getName)(text, 256, device) == 0)
                devices.Add(Marshal.PtrToStringUTF8((nint)text) ?? "");
        }
        return count == 0
            ? new Finding(false, $"{name} is there, but no device")
            : new Finding(true, $"{count} device{(count == 1 ? "" : "s")}: {string.Join(", ", devices)}");
    }

    /// <summary>A message-passing library.</summary>
    public static Finding Mpi()
    {
        foreach (string name in MpiNames)
        {
            if (!NativeLibrary.TryLoad(name, out nint library))
                continue;
            // The one call that is legal before MPI_Init.
            if (!TryFind(library, "MPI_Get_library_version", out nint getVersion))
                return new Finding(true, name);
            byte* text = stackalloc byte[8192];
            int length = 0;
            string version = ((delegate* unmanaged<byte*, int*, int>)getVersion)(text, &length) == 0
                ? Encoding.UTF8.GetString(text, Math.Clamp(length, 0, 8192)).Split(',', '\n')[0].TrimEnd('\0', ' ')
                : "";
            return new Finding(true, version.Length > 0 ? $"{name}: {version}" : name);
        }
        return new Finding(false, $"no MPI library ({string.Join(", ", MpiNames)})");
    }

    private static bool TryFind(nint library, string name, out nint function) => NativeLibrary.TryGetExport(library, name, out function);
}
