using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Athanor.Tensors;

namespace Athanor.Benchmarks;

/// <summary>
/// The oneDNN library by P/Invoke, as the yardstick for matrix products. Found at run time, used only when asked for; its OpenMP
/// team has as many threads as ours.
/// </summary>
internal sealed unsafe class OneDnn
{
    private const int Cpu = 1, InOrder = 1;
    private readonly nint _library;

    private OneDnn(nint library, string name)
    {
        _library = library;
        Name = name;
        void* engine, stream;
        Check(((delegate* unmanaged<void**, int, nuint, int>)Find("dnnl_engine_create"))(&engine, Cpu, 0));
        Check(((delegate* unmanaged<void**, void*, uint, int>)Find("dnnl_stream_create"))(&stream, engine, InOrder));
        Engine = engine;
        Stream = stream;
        Execute = (delegate* unmanaged<void*, void*, int, Argument*, int>)Find("dnnl_primitive_execute");
        Wait = (delegate* unmanaged<void*, int>)Find("dnnl_stream_wait");
    }

    /// <summary>Library and version.</summary>
    public string Name { get; }
    public bool VersionThree => Name.StartsWith("oneDNN 3", StringComparison.Ordinal);
    public void* Engine { get; }
    public void* Stream { get; }
    public delegate* unmanaged<void*, void*, int, Argument*, int> Execute { get; }
    public delegate* unmanaged<void*, int> Wait { get; }

    /// <summary>dnnl_exec_arg_t.</summary>
    public struct Argument
    {
        public int Id;
        public void* Memory;
    }

    public static bool TryLoad(int threads, [NotNullWhen(true)] out OneDnn? dnnl, [NotNullWhen(false)] out string? missing)
    {
        // OpenMP reads this once, when it starts.
        Environment.SetEnvironmentVariable("OMP_NUM_THREADS", $"{threads}");
        foreach (string file in (string[])["libdnnl.so.2", "libdnnl.so.3"])
        {
            if (!NativeLibrary.TryLoad(file, out nint library))
                continue;
            // dnnl_version_t begins with major, minor, patch.
            int* version = ((delegate* unmanaged<int*>)NativeLibrary.GetExport(library, "dnnl_version"))();
            if (NativeLibrary.TryLoad("libgomp.so.1", out nint openMp))
                ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(openMp, "omp_set_num_threads"))(threads);
            missing = null;
            dnnl = new OneDnn(library, $"oneDNN {version[0]}.{version[1]}.{version[2]}");
            return true;
        }
        dnnl = null;
        missing = "oneDNN (libdnnl.so.2 or libdnnl.so.3) is not installed.";
        return false;
    }

    public nint Find(string name) => NativeLibrary.GetExport(_library, name);

    public static void Check(int status)
    {
        if (status != 0)
            throw new InvalidOperationException($"oneDNN returned status {status}.");
    }
}

/// <summary>One matrix product C = op(A)·op(B) with plain layouts, or with B in the layout that oneDNN prefers, reordered beforehand.</summary>
internal sealed unsafe class OneDnnMatmul
{
    private const int F32 = 3, Bf16 = 2, TagAny = 1, ArgumentSource = 1, ArgumentWeights = 33, ArgumentTarget = 17, QueryWeights = 131;
    private readonly OneDnn _dnnl;
    private readonly void* _primitive;
    private readonly void* _right;
    private readonly nint[] _left = new nint[Measure.Sets], _result = new nint[Measure.Sets];

    /// <param name="dnnl">The library.</param>
    /// <param name="shape">Rows of C, columns of C, length of the sums.</param>
    /// <param name="types">Type of A and B, type of C.</param>
    /// <param name="transposed">Whether A is stored [K, M] and B [N, K].</param>
    /// <param name="left">A, one array a data set.</param>
    /// <param name="right">B.</param>
    /// <param name="result">C, one array a data set.</param>
    /// <param name="prepack">Let the library choose the layout of B.</param>
    public OneDnnMatmul(OneDnn dnnl, (int M, int N, int K) shape, (DType In, DType Out) types, (bool A, bool B) transposed,
        nint[] left, void* right, nint[] result, bool prepack)
    {
        _dnnl = dnnl;
        var (m, n, k) = shape;
        int typeIn = types.In == DType.F32 ? F32 : Bf16, typeOut = types.Out == DType.F32 ? F32 : Bf16;
        void* a = Describe(m, k, typeIn, transposed.A ? 1 : k, transposed.A ? m : 1);
        void* plain = Describe(k, n, typeIn, transposed.B ? 1 : n, transposed.B ? k : 1);
        void* b = prepack ? DescribeAny(k, n, typeIn) : plain;
        void* c = Describe(m, n, typeOut, n, 1);
        void* description = CreateMatmul(a, b, c);
        _primitive = Create(description);
        for (int set = 0; set < Measure.Sets; set++)
        {
            _left[set] = (nint)Memory(a, (void*)left[set]);
            _result[set] = (nint)Memory(c, (void*)result[set]);
        }
        void* given = Memory(plain, right);
        _right = prepack ? Reorder(plain, given, description) : given;
    }

    public void Run(int set)
    {
        OneDnn.Argument* arguments = stackalloc OneDnn.Argument[3];
        arguments[0] = new OneDnn.Argument { Id = ArgumentSource, Memory = (void*)_left[set] };
        arguments[1] = new OneDnn.Argument { Id = ArgumentWeights, Memory = _right };
        arguments[2] = new OneDnn.Argument { Id = ArgumentTarget, Memory = (void*)_result[set] };
        OneDnn.Check(_dnnl.Execute(_primitive, _dnnl.Stream, 3, arguments));
        OneDnn.Check(_dnnl.Wait(_dnnl.Stream));
    }

    // In version 2 a description is a struct in our memory (under 2 KB), in version 3 an object of the library.
    private void* Describe(long rows, long columns, int type, long rowStride, long columnStride)
    {
        long* dims = stackalloc long[2] { rows, columns }, strides = stackalloc long[2] { rowStride, columnStride };
        void* description;
        if (_dnnl.VersionThree)
        {
            OneDnn.Check(((delegate* unmanaged<void**, int, long*, int, long*, int>)_dnnl.Find("dnnl_memory_desc_create_with_strides"))(&description, 2, dims, type, strides));
            return description;
        }
        description = NativeMemory.AllocZeroed(4096);
        OneDnn.Check(((delegate* unmanaged<void*, int, long*, int, long*, int>)_dnnl.Find("dnnl_memory_desc_init_by_strides"))(description, 2, dims, type, strides));
        return description;
    }

    private void* DescribeAny(long rows, long columns, int type)
    {
        long* dims = stackalloc long[2] { rows, columns };
        void* description;
        if (_dnnl.VersionThree)
        {
            OneDnn.Check(((delegate* unmanaged<void**, int, long*, int, int, int>)_dnnl.Find("dnnl_memory_desc_create_with_tag"))(&description, 2, dims, type, TagAny));
            return description;
        }
        description = NativeMemory.AllocZeroed(4096);
        OneDnn.Check(((delegate* unmanaged<void*, int, long*, int, int, int>)_dnnl.Find("dnnl_memory_desc_init_by_tag"))(description, 2, dims, type, TagAny));
        return description;
    }

    private void* CreateMatmul(void* a, void* b, void* c)
    {
        void* description;
        if (_dnnl.VersionThree)
        {
            OneDnn.Check(((delegate* unmanaged<void**, void*, void*, void*, void*, void*, void*, int>)_dnnl.Find("dnnl_matmul_primitive_desc_create"))(
                &description, _dnnl.Engine, a, b, null, c, null));
            return description;
        }
        void* operation = NativeMemory.AllocZeroed(8192);
        OneDnn.Check(((delegate* unmanaged<void*, void*, void*, void*, void*, int>)_dnnl.Find("dnnl_matmul_desc_init"))(operation, a, b, null, c));
        OneDnn.Check(((delegate* unmanaged<void**, void*, void*, void*, void*, int>)_dnnl.Find("dnnl_primitive_desc_create"))(
            &description, operation, null, _dnnl.Engine, null));
        return description;
    }

    private void* Create(void* description)
    {
        void* primitive;
        OneDnn.Check(((delegate* unmanaged<void**, void*, int>)_dnnl.Find("dnnl_primitive_create"))(&primitive, description));
        return primitive;
    }

    private void* Memory(void* description, void* data)
    {
        void* memory;
        OneDnn.Check(((delegate* unmanaged<void**, void*, void*, void*, int>)_dnnl.Find("dnnl_memory_create"))(&memory, description, _dnnl.Engine, data));
        return memory;
    }

    private void* Reorder(void* plain, void* given, void* description)
    {
        void* wanted = ((delegate* unmanaged<void*, int, int, void*>)_dnnl.Find("dnnl_primitive_desc_query_md"))(description, QueryWeights, 0);
        void* packed = Memory(wanted, (void*)-1), reorder;
        OneDnn.Check(((delegate* unmanaged<void**, void*, void*, void*, void*, void*, int>)_dnnl.Find("dnnl_reorder_primitive_desc_create"))(
            &reorder, plain, _dnnl.Engine, wanted, _dnnl.Engine, null));
        OneDnn.Argument* arguments = stackalloc OneDnn.Argument[2];
        arguments[0] = new OneDnn.Argument { Id = ArgumentSource, Memory = given };
        arguments[1] = new OneDnn.Argument { Id = ArgumentTarget, Memory = packed };
        OneDnn.Check(_dnnl.Execute(Create(reorder), _dnnl.Stream, 2, arguments));
        OneDnn.Check(_dnnl.Wait(_dnnl.Stream));
        return packed;
    }
}
