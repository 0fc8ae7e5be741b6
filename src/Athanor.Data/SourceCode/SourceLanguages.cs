namespace Athanor.Data.SourceCode;

/// <summary>Programming languages by the names of files, with the names that Linguist gives them.</summary>
internal static class SourceLanguages
{
    private const string Table = """
        Ada=.adb .ads|Agda=.agda|Assembly=.asm .s|Batchfile=.bat .cmd|Bluespec=.bsv|C=.c .h|C#=.cs .csx|C++=.cpp .cc .cxx .hpp .hh .hxx .inl .ipp|Clojure=.clj .cljs .cljc .edn
        CMake=.cmake cmakelists.txt|CoffeeScript=.coffee|Common Lisp=.lisp .lsp .asd|Crystal=.cr|CSS=.css|CUDA=.cu .cuh|Cython=.pyx .pxd|D=.d .di|Dart=.dart|Dockerfile=dockerfile .dockerfile
        Elixir=.ex .exs|Elm=.elm|Emacs Lisp=.el|Erlang=.erl .hrl|F#=.fs .fsi .fsx|Fortran=.f .f90 .f95 .f03 .for|GLSL=.glsl .vert .frag .comp|Go=.go|GraphQL=.graphql .gql|Groovy=.groovy .gradle
        Haskell=.hs .lhs|HCL=.tf .hcl|HTML=.html .htm|Idris=.idr|Java=.java|JavaScript=.js .mjs .cjs .jsx|JSON=.json|Julia=.jl|Kotlin=.kt .kts|Lean=.lean|Less=.less|Lua=.lua
        Makefile=makefile gnumakefile .mk|Markdown=.md .markdown|MATLAB=.m|Meson=meson.build|Nim=.nim|Nix=.nix|Objective-C=.mm|OCaml=.ml .mli|Pascal=.pas .pp .dpr|Perl=.pl .pm .t|PHP=.php
        PowerShell=.ps1 .psm1 .psd1|Prolog=.pro .prolog|Protocol Buffer=.proto|Python=.py .pyi .pyw|R=.r .rmd|Racket=.rkt|reStructuredText=.rst|Ruby=.rb .rake .gemspec rakefile gemfile|Rust=.rs
        Sass=.sass .scss|Scala=.scala .sc|Scheme=.scm .ss|Shell=.sh .bash .zsh .ksh|Solidity=.sol|SQL=.sql|Standard ML=.sml .sig|Starlark=.bzl build.bazel|Stylus=.styl|Svelte=.svelte|Swift=.swift
        SystemVerilog=.sv .svh|Tcl=.tcl|TeX=.tex .sty .cls|Thrift=.thrift|TOML=.toml|TypeScript=.ts .tsx .mts .cts|VBA=.bas|Verilog=.v .vh|VHDL=.vhd .vhdl|Vim Script=.vim|Visual Basic .NET=.vb|Vue=.vue
        WebAssembly=.wat .wast|XML=.xml .xsd .xsl .xslt .csproj .fsproj .props .targets|XAML=.xaml .axaml|YAML=.yml .yaml|Zig=.zig
        """;

    private static readonly Dictionary<string, string> ByName = Read();

    /// <summary>All endings and whole names.</summary>
    public static IReadOnlyList<string> Endings { get; } = [.. ByName.Keys];

    /// <summary>The language of a file, or null where its name says none.</summary>
    public static string? Of(string path)
    {
        string name = Path.GetFileName(path).ToLowerInvariant();
        return ByName.GetValueOrDefault(name) ?? ByName.GetValueOrDefault(Path.GetExtension(name));
    }

    private static Dictionary<string, string> Read()
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string entry in Table.Split(['|', '\n'], StringSplitOptions.TrimEntries))
        {
            string[] parts = entry.Split('=', 2);
            foreach (string name in parts[1].Split(' '))
                names.Add(name, parts[0]);
        }
        return names;
    }
}
