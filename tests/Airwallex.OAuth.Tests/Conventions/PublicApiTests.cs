using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Airwallex.OAuth.Tests.Conventions;

/// <summary>The public surface, as it was agreed on: a change of it shows in the diff of a text file.</summary>
public sealed class PublicApiTests
{
    private const string UpdateSwitch = "UPDATE_PUBLIC_API";
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    [Fact]
    public void The_public_api_is_the_one_in_PublicApi_txt()
    {
        var file = Path.Combine(Source.Root, "tests", "Airwallex.OAuth.Tests", "Conventions", "PublicApi.txt");
        var actual = Describe(typeof(AirwallexConnections).Assembly);
        if (Environment.GetEnvironmentVariable(UpdateSwitch) == "1")
        {
            File.WriteAllText(file, actual);
        }

        var agreed = File.ReadAllText(file).ReplaceLineEndings("\n");
        var (before, after) = (agreed.Split('\n'), actual.Split('\n'));
        Assert.True(agreed == actual, $"""
            The public API has changed. When that is meant, update the file and commit it with the change:
              {UpdateSwitch}=1 dotnet test tests/Airwallex.OAuth.Tests --filter PublicApiTests
            Gone:
            {string.Join('\n', before.Except(after))}
            New:
            {string.Join('\n', after.Except(before))}
            """);
    }

    private static string Describe(Assembly library)
    {
        var text = new StringBuilder();
        foreach (var type in library.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(Name(type));
            if (typeof(MulticastDelegate).IsAssignableFrom(type))
            {
                text.Append(Parameters(type.GetMethod("Invoke")!)).Append(" : ").Append(Name(Nullability.Create(type.GetMethod("Invoke")!.ReturnParameter))).Append("\n\n");
                continue;
            }

            var bases = type.GetInterfaces().Where(i => i.Assembly == library).Prepend(type.BaseType).OfType<Type>()
                .Where(b => b != typeof(object) && b != typeof(Enum) && b != typeof(ValueType)).Select(Name).ToList();
            text.Append(bases.Count > 0 ? " : " + string.Join(", ", bases) : "").Append('\n');
            foreach (var line in type.GetMembers(Declared).Select(Describe).OfType<string>().Order(StringComparer.Ordinal))
            {
                text.Append("  ").Append(line).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : typeof(MulticastDelegate).IsAssignableFrom(type) ? "delegate"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : (type.IsSealed ? "sealed " : "") + (type.GetMethod("<Clone>$") is null ? "class" : "record");

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor when IsVisible(constructor) => "new" + Parameters(constructor),
        MethodInfo { IsSpecialName: false } method when IsVisible(method) && !method.IsDefined(typeof(CompilerGeneratedAttribute)) =>
            $"{(method.IsStatic ? "static " : "")}{method.Name}{Generics(method)}{Parameters(method)} : {Name(Nullability.Create(method.ReturnParameter))}",
        PropertyInfo property when property.GetMethod is { } getter && IsVisible(getter) =>
            $"{property.Name} {{ {Accessors(property)} }} : {Name(Nullability.Create(property))}",
        FieldInfo { IsSpecialName: false } field when field.IsPublic =>
            field.IsLiteral ? $"{field.Name} = {field.GetRawConstantValue()}" : $"{field.Name} : {Name(field.FieldType)}",
        _ => null,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily;

    private static string Accessors(PropertyInfo property)
    {
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return property.SetMethod is not { IsPublic: true } setter ? "get"
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? $"{required}get; init"
            : $"{required}get; set";
    }

    private static string Parameters(MethodBase method) => "(" + string.Join(", ", method.GetParameters().Select(parameter =>
        (parameter.IsOut ? "out " : parameter.Position == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")
        + $"{Name(Nullability.Create(parameter))} {parameter.Name}"
        + (parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : ""))) + ")";

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private static string Name(NullabilityInfo info)
    {
        var name = info.GenericTypeArguments.Length > 0 && System.Nullable.GetUnderlyingType(info.Type) is null
            ? $"{info.Type.Name[..info.Type.Name.IndexOf('`')]}<{string.Join(", ", info.GenericTypeArguments.Select(Name))}>"
            : Name(info.Type);
        return info.ReadState == NullabilityState.Nullable && !name.EndsWith('?') ? name + "?" : name;
    }

    private static string Name(Type type) =>
        type.IsByRef ? Name(type.GetElementType()!)
        : System.Nullable.GetUnderlyingType(type) is { } inner ? Name(inner) + "?"
        : type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;
}
