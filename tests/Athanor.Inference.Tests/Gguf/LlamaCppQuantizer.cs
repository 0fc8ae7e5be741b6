using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Athanor.Testing;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>llama-quantize of the installed llama.cpp: the function behind the program.</summary>
internal static unsafe class LlamaCppQuantizer
{
    // Behind the count of threads in llama_model_quantize_params, of which the library itself fills in the rest.
    private const int FileTypeAt = 1, ParametersRoom = 256;

    /// <summary>The library's file, whose name has a version in it; null where it is missing.</summary>
    public static string? Library { get; } = LlamaCpp.Library("libggml-base.so") is { } near ? Directory.EnumerateFiles(Path.GetDirectoryName(near)!, "libllama.v*.so").SingleOrDefault() : null;

    public static void Run(string source, string target, uint fileType)
    {
        nint library = NativeLibrary.Load(Library!);
        ((delegate* unmanaged<delegate* unmanaged[Cdecl]<int, byte*, void*, void>, void*, void>)NativeLibrary.GetExport(library, "llama_log_set"))(&Silent, null);
        // A struct that is returned is written to where the caller says, so its length need not be known.
        int* parameters = stackalloc int[ParametersRoom];
        ((delegate* unmanaged<int*, int*>)NativeLibrary.GetExport(library, "llama_model_quantize_default_params"))(parameters);
        parameters[FileTypeAt] = (int)fileType;
        fixed (byte* from = Encoding.UTF8.GetBytes(source + '\0'), to = Encoding.UTF8.GetBytes(target + '\0'))
            Assert.Equal(0u, ((delegate* unmanaged<byte*, byte*, int*, uint>)NativeLibrary.GetExport(library, "llama_model_quantize"))(from, to, parameters));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Silent(int level, byte* text, void* data) { }
}
